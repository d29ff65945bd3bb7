import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { isFree, startHolder } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { runCli, startCli } from './run-cli.ts'

test.each([0, 1, 42])('the exit code %i of the command is the exit code of exec', async (code) => {
  const dir = temporaryDirectory()
  expect(await runCli('exec', dir, '--', 'sh', '-c', `exit ${code}`)).toMatchObject({ code, stderr: '' })
})

test('exec holds the lock while the command runs, and releases it afterwards', async () => {
  const dir = temporaryDirectory()
  const cli = startCli(['exec', dir, '--name', 'notes', '--', 'sh', '-c', 'echo started; exec sleep 1000'])
  expect(await cli.nextLine()).toBe('started')
  expect((await startHolder({ dir, name: 'notes' })).said).toBe('ERR_DATADIR_LOCKED')
  expect(readOwner(dir, 'notes')).toMatchObject({ pid: cli.pid, app: 'electron-datadir exec sh' })
  cli.kill('SIGTERM')
  await cli.outcome
  expect(isFree(join(dir, 'notes.lock'))).toBe(true)
  expect(readOwner(dir, 'notes')).toBeUndefined()
})

test('exec creates the directory, and gives its real path to the command', async () => {
  const parent = temporaryDirectory()
  const { stdout } = await runCli('exec', `${parent}/a/../data/`, '--', 'printenv', 'ELECTRON_DATADIR')
  expect(stdout).toBe(`${parent}/data\n`)
  expect(statSync(join(parent, 'data')).mode & 0o777).toBe(0o700)
})

test('exec warns about a folder of a sync client before the command prints, even if the command ends at once', async () => {
  const dir = join(temporaryDirectory(), 'Dropbox', 'notes')
  const { code, stderr } = await runCli('exec', dir, '--', 'sh', '-c', 'echo done >&2')
  expect(code).toBe(0)
  expect(stderr).toMatch(/a folder of Dropbox[^\n]+\n(.*\n)*done\n$/)
  expect(stderr.match(/a folder of Dropbox\./g)).toHaveLength(1)
})

test('exec passes the arguments of the command unchanged', async () => {
  const args = ['--help', '--', 'two words', '', '$HOME']
  const { stdout } = await runCli('exec', temporaryDirectory(), '--', 'printf', '[%s]', ...args)
  expect(stdout).toBe('[--help][--][two words][][$HOME]')
})

test.each([
  ['SIGINT', 130],
  ['SIGQUIT', 131],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGUSR1', 138],
  ['SIGUSR2', 140],
] as const)('passes %s on, and exits with %i when the command dies of it', async (signal, code) => {
  const cli = startCli(['exec', temporaryDirectory(), '--', 'sh', '-c', 'echo started; exec sleep 1000'])
  await cli.nextLine()
  cli.kill(signal)
  expect((await cli.outcome).code).toBe(code)
})

test('a command that handles a signal decides the exit code, and keeps the lock until it is done', async () => {
  const dir = temporaryDirectory()
  const script = 'trap "sleep 0.5; exit 7" TERM; echo started; while :; do sleep 0.05; done'
  const cli = startCli(['exec', dir, '--', 'sh', '-c', script])
  await cli.nextLine()
  cli.kill('SIGTERM')
  await sleep(200)
  expect(isFree(join(dir, 'app.lock'))).toBe(false)
  expect((await cli.outcome).code).toBe(7)
})

test('exec fails with 75 if the directory is held, and does not run the command', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir, version: '1.2.3' })
  const { code, stderr } = await runCli('exec', dir, '--', 'touch', join(dir, 'ran'))
  expect(code).toBe(75)
  expect(stderr).toMatch(/^electron-datadir: data directory already in use: .*\n$/)
  expect(stderr).toContain(`pid ${holder.pid}, version 1.2.3`)
  expect(existsSync(join(dir, 'ran'))).toBe(false)
})

test('exec --wait takes the lock when the owner ends', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  const cli = startCli(['exec', dir, '--wait', '20', '--', 'echo', 'ran'])
  await sleep(400)
  await holder.finish()
  expect(await cli.outcome).toMatchObject({ code: 0, stdout: 'ran\n' })
})

test('exec --wait gives up when the time is up', async () => {
  const dir = temporaryDirectory()
  await startHolder({ dir })
  expect((await runCli('exec', dir, '--wait', '0.3', '--', 'true')).code).toBe(75)
})

test('a command that outlives a killed CLI does not keep the lock', async () => {
  const dir = temporaryDirectory()
  const cli = startCli(['exec', dir, '--', 'sh', '-c', 'sleep 1000 & echo $$ $!; wait'])
  const survivors = (await cli.nextLine()).split(' ').map(Number)
  onTestFinished(() => {
    for (const pid of survivors) process.kill(pid, 'SIGKILL')
  })
  cli.kill('SIGKILL')
  // Its pipes stay open as long as the survivors have them, so the outcome is not waited for.
  await expect.poll(() => isFree(join(dir, 'app.lock'))).toBe(true)
  for (const pid of survivors) expect(process.kill(pid, 0)).toBe(true)
  expect((await startHolder({ dir })).said).toBe('held')
})

test.each(['no-such-command-here', ''])('a command %j that does not exist gives 127', async (command) => {
  const { code, stderr } = await runCli('exec', temporaryDirectory(), '--', command)
  expect(code).toBe(127)
  expect(stderr).toBe(`electron-datadir: ${command || "''"}: command not found\n`)
})

test('a file that cannot be executed gives 126', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'data.txt'), 'no program', { mode: 0o600 })
  const { code, stderr } = await runCli('exec', dir, '--', join(dir, 'data.txt'))
  expect(code).toBe(126)
  expect(stderr).toBe(`electron-datadir: ${join(dir, 'data.txt')}: cannot be run (EACCES)\n`)
})

test.each([
  ['that is below a file', 'ENOTDIR', (dir: string) => [join(dir, 'data.txt', 'program')]],
  ['whose name is too long', 'ENAMETOOLONG', () => ['x'.repeat(5000)]],
])('a command %s gives 126 and the system’s %s in one line', async (_what, code, commandIn) => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'data.txt'), 'no folder')
  const outcome = await runCli('exec', dir, '--', ...commandIn(dir))
  expect(outcome.code).toBe(126)
  expect(outcome.stderr).toMatch(new RegExp(`^electron-datadir: \\S+: cannot be run \\(${code}\\)\n$`))
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test.each([
  [0, 69],
  [3, 3],
])(
  'if the lock is lost, exec says so, the command continues, and its exit code %i becomes %i',
  async (own, code) => {
    const dir = temporaryDirectory()
    const signal = join(temporaryDirectory(), 'end')
    const script = `echo started; while [ ! -e "$0" ]; do sleep 0.05; done; echo ended; exit ${own}`
    const cli = startCli(['exec', dir, '--', 'sh', '-c', script, signal])
    await cli.nextLine()
    renameSync(dir, `${dir}.moved`)
    onTestFinished(() => renameSync(`${dir}.moved`, dir))
    await expect
      .poll(cli.complaints, { timeout: 10_000 })
      .toBe(
        `electron-datadir: ${join(dir, 'app.lock')} is gone together with its directory, and this process no longer` +
          ' owns the data directory. sh continues, and other processes may open the directory.\n',
      )
    writeFileSync(signal, '')
    expect(await cli.nextLine()).toBe('ended')
    expect((await cli.outcome).code).toBe(code)
  },
)

test('control characters in an owner record do not reach the terminal of exec', async () => {
  const dir = temporaryDirectory()
  await startHolder({ dir, version: '1\u001b]0;owned\u0007\u202e2' })
  const { code, stderr } = await runCli('exec', dir, '--', 'true')
  expect(code).toBe(75)
  expect(stderr).toContain('version 1?]0;owned??2,')
})
