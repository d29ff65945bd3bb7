// One test for each way in which others' locks fail their users.
import { mkdirSync, readFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { prepareDataDirectory } from '../../src/main/directory/data-directory.ts'
import { acquireDataDirLock, type DataDirLock, takeLock } from '../../src/main/lock/data-dir-lock.ts'
import { DataDirLockedError } from '../../src/main/lock/errors.ts'
import { type OwnerRecord, serializeOwnerRecord } from '../../src/main/owner/owner-record.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { isSameProcess, ownIdentity } from '../../src/main/owner/process-identity.ts'
import { holdOrExplain, runLockScript } from '../support/lock-script.ts'
import { missingUnshare } from '../support/missing-unshare.ts'
import { acquireUnderShim, buildNoLockShim } from '../support/no-lock-shim.ts'
import { isFree, startFlockCommand, startHolder } from '../support/processes.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

function acquire(dir: string): DataDirLock {
  const lock = acquireDataDirLock({ dir })
  onTestFinished(() => lock.release())
  return lock
}

test('a deleted lock file makes two owners: here the second launch is refused, and the owner notices', async () => {
  const dir = temporaryDirectory()
  acquire(dir)
  for (const remove of [unlinkSync, (path: string) => renameSync(path, `${path}.old`)]) {
    remove(join(dir, 'app.lock'))
    expect((await startHolder({ dir })).said).toBe('ERR_DATADIR_LOCKED')
    await vi.waitFor(() => expect(isFree(join(dir, 'app.lock'))).toBe(false), 2_000)
    expect(readOwner(dir)?.pid).toBe(process.pid)
  }
})

test('a mount that pretends to lock lets all processes in: here it is detected and refused', async (ctx) => {
  const shim = buildNoLockShim(temporaryDirectory())
  if ('missing' in shim) return skip(ctx, shim.missing)
  const { code, message } = acquireUnderShim(shim.library, 'grant', { dir: temporaryDirectory() })
  expect(code).toBe('ERR_DATADIR_LOCK_UNSUPPORTED')
  expect(message).toContain('the filesystem grants it to every process')
})

test('a symlinked path contends with itself: here every spelling is one directory', async () => {
  const dir = temporaryDirectory()
  mkdirSync(join(dir, 'data'))
  symlinkSync(join(dir, 'data'), join(dir, 'alias'))
  const lock = acquire(join(dir, 'data'))
  expect(acquire(join(dir, 'alias')).heldSince).toBe(lock.heldSince)
  expect(acquire(`${dir}/alias/../data//`).heldSince).toBe(lock.heldSince)
  expect((await startHolder({ dir: join(dir, 'alias') })).said).toBe('ERR_DATADIR_LOCKED')
})

test('PIDs are reused: here a record is trusted only for the process that wrote it', async (ctx) => {
  if (process.platform !== 'linux') return skip(ctx, 'there is no /proc')
  const dir = temporaryDirectory()
  const holder = await startFlockCommand(join(dir, 'app.lock'))
  // What an owner left that had the holder's PID before the holder did.
  const earlier: OwnerRecord = { ...ownIdentity(), pid: holder.pid, app: 'Notes', start_ticks: 1 }
  writeFileSync(join(dir, 'app.lock'), serializeOwnerRecord(earlier))
  const error = await thrownBy(DataDirLockedError, () => acquire(dir))
  expect(error.owner).toBeUndefined()
  expect(error.pid).toBe(holder.pid)
  expect(isSameProcess(earlier)).toBe(false)
})

test('PIDs are "2" in every flatpak: here a PID of another namespace is neither trusted nor shown', async (ctx) => {
  const flags = ['--pid', '--fork', '--mount-proc', '--kill-child']
  const missing = missingUnshare(...flags)
  if (missing) return skip(ctx, missing)
  const dir = temporaryDirectory()
  const inside = await runLockScript(dir, holdOrExplain, ['unshare', ...flags])
  expect(inside.said).toEqual({ pid: 1 })
  expect(readOwner(dir)?.pid).toBe(1)

  // From outside, the kernel tells by which PID the inner process is known here.
  const error = await thrownBy(DataDirLockedError, () => acquire(dir))
  expect(error.owner?.app).toBe('Notes')
  expect(readFileSync(`/proc/${error.pid}/status`, 'utf8')).toMatch(/^NSpid:\t\d+\t1$/m)

  // From another namespace it cannot: the record is shown, its PID as nobody's here.
  const { said } = await runLockScript(dir, holdOrExplain, ['unshare', ...flags])
  expect(said).toMatchObject({
    code: 'ERR_DATADIR_LOCKED',
    foreign: 'pid-namespace',
    owner: { app: 'Notes', pid: 1 },
  })
  expect(said).not.toHaveProperty('pid')
  expect(said).not.toHaveProperty('holder')
  expect(said.message).toContain('in another container')
})

test('hostnames change: here another name of the same host is the same host', async (ctx) => {
  const missing = missingUnshare('--uts')
  if (missing) return skip(ctx, missing)
  const dir = temporaryDirectory()
  const renamed = ['unshare', '--uts', 'sh', '-c', 'hostname renamed; exec "$@"', 'sh']
  const holder = await runLockScript(dir, holdOrExplain, renamed)
  const record = readOwner(dir)
  expect(record?.host).toBe('renamed')
  expect(hostname()).not.toBe('renamed')
  const error = await thrownBy(DataDirLockedError, () => acquire(dir))
  expect(error).toMatchObject({ pid: holder.pid, foreign: undefined, owner: { app: 'Notes' } })
  expect(record && isSameProcess(record)).toBe(true)
})

test('records are read half-written: here a reader sees one whole record or another', async () => {
  const dir = temporaryDirectory()
  await runLockScript(
    dir,
    `const lock = acquireDataDirLock({ dir })
     say({ pid: lock.owner.pid })
     const publish = (round) => {
       lock.publish({ endpoint: String(round % 10).repeat(1 + (round * 37) % 3000) })
       setImmediate(publish, round + 1)
     }
     publish(0)`,
  )
  const lengths = new Set<number>()
  for (let read = 0; read < 5_000; read++) {
    const { endpoint } = readOwner(dir) ?? {}
    if (endpoint === undefined) continue
    // Every record repeats one digit, so half of another shows.
    expect(new Set(endpoint).size).toBe(1)
    lengths.add(endpoint.length)
  }
  // It was being written all the while.
  expect(lengths.size).toBeGreaterThan(10)
})

test('records are read half-written: here a contender waits for a record that is not written yet, and shows no earlier one', async () => {
  const dir = temporaryDirectory()
  const killed = await startHolder({ dir, app: 'Earlier' })
  await killed.kill('SIGKILL')
  expect(readOwner(dir)?.app).toBe('Earlier')
  // An owner that was stopped between its lock and its record, and writes that a moment later.
  const later = await runLockScript(
    dir,
    `import { readFileSync, writeFileSync } from 'node:fs'
     const earlier = readFileSync(dir + '/app.lock')
     const lock = acquireDataDirLock({ dir, app: 'Later' })
     const own = readFileSync(dir + '/app.lock')
     writeFileSync(dir + '/app.lock', earlier)
     say({ pid: lock.owner.pid })
     process.stdin.once('data', () => setTimeout(() => writeFileSync(dir + '/app.lock', own), 20))`,
  )
  expect(readOwner(dir)?.app).toBe('Earlier')
  later.tell('write')
  const error = await thrownBy(DataDirLockedError, () =>
    takeLock(prepareDataDirectory(dir), 'app', {}, 10_000),
  )
  expect(error.owner).toMatchObject({ app: 'Later', pid: later.pid })
})

test('on Windows the mandatory lock hides the record: here the record is next to the lock file, and is found', async (ctx) => {
  if (process.platform !== 'win32')
    return skip(ctx, `this is ${process.platform}; \`npm run test:wine\` does it`)
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir, app: 'Notes' })
  expect(readOwner(dir)).toMatchObject({ pid: holder.pid, app: 'Notes' })
  expect(readFileSync(join(dir, 'app.owner.json'), 'utf8')).toContain('Notes')
})

test('a child keeps the lock of a killed owner: here no child inherits it', async () => {
  const dir = temporaryDirectory()
  const owner = await runLockScript(
    dir,
    `import { spawn } from 'node:child_process'
     const lock = acquireDataDirLock({ dir })
     const options = { stdio: ['ignore', 'inherit', 'inherit'], detached: true }
     const children = [spawn('sleep', ['1000'], options), spawn('sh', ['-c', 'sleep 1000; true'], options)]
     say({ children: children.map(({ pid }) => pid) })`,
  )
  const children = owner.said.children as number[]
  onTestFinished(() => {
    for (const pid of children) process.kill(-pid, 'SIGKILL')
  })
  await owner.kill()
  for (const pid of children) expect(process.kill(pid, 0)).toBe(true)
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
  expect(isFree(dir)).toBe(true)
  expect((await startHolder({ dir })).said).toBe('held')
})
