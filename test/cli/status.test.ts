import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { ownIdentity } from '../../src/main/owner/process-identity.ts'
import { startFlockCommand, startHolder } from '../support/processes.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { runCli } from './run-cli.ts'

test('a missing directory is free, and is not created', async () => {
  const dir = join(temporaryDirectory(), 'data')
  const { code, stdout } = await runCli('status', dir)
  expect(code).toBe(0)
  expect(stdout).toBe(`free: ${dir} (there is no such directory yet)\n`)
  expect(existsSync(dir)).toBe(false)
})

test('an empty directory is free, and stays empty', async () => {
  const dir = temporaryDirectory()
  const { code, stdout, stderr } = await runCli('status', dir)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(new RegExp(`^free: ${dir}\n  filesystem: .+\n$`))
  expect(existsSync(join(dir, 'app.lock'))).toBe(false)
})

test('a released directory is free', async () => {
  const dir = temporaryDirectory()
  await (await startHolder({ dir })).finish()
  const { code, stdout } = await runCli('status', dir)
  expect(code).toBe(0)
  expect(stdout).toContain(`free: ${dir}\n  filesystem: `)
})

test('the record of a killed owner does not make a directory held', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir, app: 'Notes' })
  await holder.kill('SIGKILL')
  const { code, stdout } = await runCli('status', dir)
  expect(code).toBe(0)
  expect(stdout).toContain(`left by Notes, PID ${holder.pid}`)
})

test('a process that left its record and still runs is not called gone', async (ctx) => {
  if (process.platform !== 'linux') skip(ctx, 'only Linux shows which process wrote a record')
  const dir = temporaryDirectory()
  const record = (fields: object) =>
    writeFileSync(join(dir, 'app.lock'), JSON.stringify({ ...ownIdentity(), app: 'Notes', ...fields }))
  const left = `record: left by Notes, PID ${process.pid}, which`
  record({})
  expect((await runCli('status', dir)).stdout).toContain(`${left} runs but does not hold the lock\n`)
  record({ start_ticks: 1 })
  expect((await runCli('status', dir)).stdout).toContain(`${left} is gone\n`)
  record({ pid_ns: 1 })
  expect((await runCli('status', dir)).stdout).toContain(`${left} does not hold the lock\n`)
})

test('an owner is named by the kernel and by its record', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir, name: 'notes', app: 'Notes', version: '1.2.3' })
  const { code, stdout } = await runCli('status', dir, '--name', 'notes')
  expect(code).toBe(75)
  expect(stdout).toContain(`held: ${dir}\n  holder: PID ${holder.pid}, `)
  expect(stdout).toContain(`  record: Notes 1.2.3, PID ${holder.pid}, since 20`)
})

test('status --json has the same facts, but not the token', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir, app: 'Notes', version: '1.2.3' })
  const { code, stdout } = await runCli('status', '--json', dir)
  expect(code).toBe(75)
  expect(stdout.trim().split('\n')).toHaveLength(1)
  const facts = JSON.parse(stdout)
  expect(facts).toMatchObject({
    dir,
    exists: true,
    name: 'app',
    lock: join(dir, 'app.lock'),
    held: true,
    through: 'lock-file',
    holder: { pid: holder.pid },
    record: { pid: holder.pid, app: 'Notes', version: '1.2.3', state: 'starting' },
    recordBelievable: true,
  })
  const shown = ['app', 'exec_path', 'host', 'pid', 'progress', 'started_at', 'state', 'version']
  expect(Object.keys(facts.record).sort()).toEqual(shown)
})

test('status --json of a free directory has null for what is not known', async () => {
  const { stdout } = await runCli('status', temporaryDirectory(), '--json')
  const nothing = { through: null, holder: null, record: null, recordBelievable: null }
  expect(JSON.parse(stdout)).toMatchObject({ held: false, ...nothing })
})

test('a holder that wrote no record is named by the kernel, with its PID', async () => {
  const dir = temporaryDirectory()
  const holder = await startFlockCommand(join(dir, 'app.lock'))
  const { code, stdout } = await runCli('status', dir)
  expect(code).toBe(75)
  // With --no-fork, flock(1) turns into the shell it runs, and that into sleep.
  expect(stdout).toMatch(
    new RegExp(`^held: ${dir}\n  holder: PID ${holder.pid}, (sh|sleep), running since 20`),
  )
  expect(stdout).toContain('\n  record: none\n')
})

test('`flock app.lock sleep 1000` is named as flock', async () => {
  const dir = temporaryDirectory()
  const flock = spawn('flock', [join(dir, 'app.lock'), 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  // Its command holds the inherited lock too, and ends with its standard input.
  onTestFinished(() => {
    flock.stdin.destroy()
  })
  await once(flock.stdout, 'data')
  const { stdout } = await runCli('status', dir)
  expect(stdout).toContain(`holder: PID ${flock.pid}, flock, running since 20`)
  expect(stdout).toContain(`\n  command: flock ${dir}/app.lock sh -c echo held; exec cat\n`)
  const { holder } = JSON.parse((await runCli('status', dir, '--json')).stdout)
  expect(holder).toMatchObject({ pid: flock.pid, program: 'flock' })
  expect(Math.abs(Date.parse(holder.startedAt) - Date.now())).toBeLessThan(60_000)
})

test('status names the filesystem and a sync client, for a free directory and for a held one', async () => {
  const dir = join(temporaryDirectory(), 'Dropbox', 'notes')
  mkdirSync(dir, { recursive: true })
  const free = await runCli('status', dir)
  expect(free.stdout).toMatch(
    /\n {2}filesystem: \S+\n {2}synchronized: .*\/Dropbox looks like a folder of Dropbox\n$/,
  )
  await startHolder({ dir })
  const facts = JSON.parse((await runCli('status', dir, '--json')).stdout)
  expect(facts).toMatchObject({
    held: true,
    filesystem: { kind: 'local' },
    synced: { client: 'Dropbox', root: join(dir, '..') },
  })
})

test('status shows the progress of an owner’s migration', async () => {
  const dir = temporaryDirectory()
  const lock = acquireDataDirLock({ dir, app: 'Notes' })
  onTestFinished(() => lock.release())
  lock.publish({ state: 'migrating', progress: { done: 3, total: 7 } })
  expect((await runCli('status', dir)).stdout).toContain('migrating 3/7\n')
  lock.publish({ state: 'ready' })
  expect((await runCli('status', dir)).stdout).toContain('ready\n')
})

test('status does not trust the record of another process', async () => {
  const dir = temporaryDirectory()
  const killed = await startHolder({ dir })
  await killed.kill('SIGKILL')
  const holder = await startFlockCommand(join(dir, 'app.lock'))
  const { stdout } = await runCli('status', dir)
  expect(stdout).toContain(`holder: PID ${holder.pid}`)
  expect(stdout).toContain(`not the holder's, it names PID ${killed.pid}`)
  expect(JSON.parse((await runCli('status', dir, '--json')).stdout).recordBelievable).toBe(false)
})

test('an owner whose lock file was removed still holds the directory', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  unlinkSync(join(dir, 'app.lock'))
  const facts = JSON.parse((await runCli('status', dir, '--json')).stdout)
  expect(facts).toMatchObject({ held: true, holder: { pid: holder.pid } })
})

test('status does not take the lock from its owner', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'app.lock'), '')
  const looks = await Promise.all(Array.from({ length: 8 }, () => runCli('status', dir)))
  expect(looks.map(({ code }) => code)).toEqual(Array(8).fill(0))
  expect((await startHolder({ dir })).said).toBe('held')
})

test('control characters in a record do not reach the terminal of status', async () => {
  const dir = temporaryDirectory()
  await startHolder({ dir, app: '\u001b[2JNotes' })
  const { stdout } = await runCli('status', dir)
  expect(stdout).toContain('record: ?[2JNotes')
})

test('an alias is the same directory', async () => {
  const dir = temporaryDirectory()
  mkdirSync(join(dir, 'data'))
  symlinkSync(join(dir, 'data'), join(dir, 'alias'))
  await startHolder({ dir: join(dir, 'data') })
  expect((await runCli('status', join(dir, 'alias'))).stdout).toContain(`held: ${join(dir, 'data')}\n`)
})

test('if the path is a file, status says so in one line', async () => {
  const path = join(temporaryDirectory(), 'file')
  writeFileSync(path, '')
  const { code, stdout, stderr } = await runCli('status', path)
  expect({ code, stdout }).toEqual({ code: 69, stdout: '' })
  expect(stderr).toMatch(/^electron-datadir: .*there is something at that path that is not a folder.*\n$/)
})
