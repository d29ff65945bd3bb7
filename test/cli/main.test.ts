import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isFree, startHolder } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { cliPath, otherNode, publishedCliPath, runCli, runShell, startCli } from './run-cli.ts'

test('--help names every command and every exit code', async () => {
  const { code, stdout, stderr } = await runCli('--help')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const word of [
    'status DIR',
    'wait DIR',
    'exec DIR',
    'focus DIR',
    ' 0 ',
    '64',
    '69',
    '70',
    '74',
    '75',
  ]) {
    expect(stdout).toContain(word)
  }
})

test.each(['status', 'wait', 'exec', 'focus'])(
  '%s --help explains its options and touches nothing',
  async (command) => {
    const dir = join(temporaryDirectory(), 'data')
    const { code, stdout } = await runCli(command, dir, '--help')
    expect(code).toBe(0)
    expect(stdout).toContain(`Usage: electron-datadir ${command} DIR`)
    expect(stdout).toContain('--name NAME')
    expect(existsSync(dir)).toBe(false)
  },
)

test('--version is the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(await runCli('--version')).toMatchObject({ code: 0, stdout: `${version}\n` })
})

test('the published files run from a clone that is in no node_modules', async () => {
  const published = (...args: string[]) => startCli(args, { cli: publishedCliPath }).outcome
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(await published('--version')).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
  const dir = temporaryDirectory()
  expect(await published('exec', dir, '--', 'echo', 'ran')).toMatchObject({ code: 0, stdout: 'ran\n' })
})

test.each([
  [[], 'no command given'],
  [['frobnicate'], 'no command "frobnicate"'],
  [['--frobnicate'], 'no command "--frobnicate"'],
  [['status'], 'no data directory given'],
  [['status', ''], 'the data directory given is an empty text'],
  [['status', 'a', 'b'], 'one data directory at a time'],
  [['status', 'a', '--jsno'], "Unknown option '--jsno'"],
  [['status', 'a', '--name'], "Option '--name <value>' argument missing"],
  [['status', 'a', '--name', '../x'], '"../x" cannot name the files'],
  [['wait', 'a', '--timeout', '.'], '--timeout takes a number of seconds, not "."'],
  [['wait', 'a', '--timeout', 'soon'], '--timeout takes a number of seconds, not "soon"'],
  [['wait', 'a', '--timeout=-1'], '--timeout takes a number of seconds, not "-1"'],
  [['wait', 'a', '--timeout', '-1'], "Option '--timeout' argument is ambiguous"],
  [['focus'], 'no data directory given'],
  [['focus', 'a', '--timeout', 'soon'], '--timeout takes a number of seconds, not "soon"'],
  [['exec', 'a'], 'no command given; it follows --'],
  [['exec', 'a', 'ls'], 'no command given; it follows --'],
  [['exec', 'a', '--'], 'no command given after --'],
  [['exec', '--', 'ls'], 'no data directory given'],
])('%j is a usage error of one line', async (args, message) => {
  const { code, stdout, stderr } = await runCli(...args)
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
  expect(stderr).toContain(`electron-datadir: ${message}`)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})

test('if the reader of a pipe ends first, nothing is printed on stderr', () => {
  const script = '"$runtime" "$main" --help | head -0; echo $PIPESTATUS'
  expect(runShell(script)).toMatchObject({ stdout: '0\n', stderr: '' })
})

test('if the reader of a pipe ends first, the exit code stays the same', async () => {
  const dir = temporaryDirectory()
  await startHolder({ dir })
  const script = '"$runtime" "$main" status "$1" | head -0; echo $PIPESTATUS'
  expect(runShell(script, dir)).toMatchObject({ stdout: '75\n', stderr: '' })
})

test('if the answer cannot be written, stderr says so and the exit code is 74', () => {
  const { code, stderr } = runShell('"$runtime" "$main" --version > /dev/full')
  expect(code).toBe(74)
  expect(stderr).toMatch(/^electron-datadir: the answer cannot be written: .*\n$/)
})

test('the built file can be executed as a script', () => {
  expect(readFileSync(cliPath, 'utf8').startsWith('#!/usr/bin/env node\n')).toBe(true)
})

const node = otherNode()

/** A shell of an Electron project: its plain Node is not what fs-ext was compiled for. */
function startInOtherNode(args: string[], more: NodeJS.ProcessEnv = {}) {
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  return startCli(args, { runtime: node ?? '', env: { ...env, ...more } })
}

// Where the package's Electron is: what require('electron') answers.
const electron = { ELECTRON_OVERRIDE_DIST_PATH: join(process.execPath, '..') }

test.skipIf(!node)(
  'in a Node for which fs-ext is not compiled, the project’s Electron runs the command',
  async () => {
    const dir = temporaryDirectory()
    const { stdout: answer } = await startInOtherNode(['status', dir], electron).outcome
    expect(answer.startsWith(`free: ${dir}\n`)).toBe(true)
    const script = 'echo "$ELECTRON_DATADIR:$ELECTRON_RUN_AS_NODE:$ELECTRON_DATADIR_RELAUNCHED"; exit 42'
    const { code, stdout } = await startInOtherNode(['exec', dir, '--', 'sh', '-c', script], electron).outcome
    expect({ code, stdout }).toEqual({ code: 42, stdout: `${dir}::\n` })
  },
)

test.skipIf(!node)('an exec that runs in Electron receives the signals', async () => {
  const dir = temporaryDirectory()
  const cli = startInOtherNode(['exec', dir, '--', 'sh', '-c', 'echo started; exec sleep 1000'], electron)
  await cli.nextLine()
  cli.kill('SIGTERM')
  expect((await cli.outcome).code).toBe(143)
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test.skipIf(!node)(
  'an exec that runs in Electron releases the lock when the first process is killed',
  async () => {
    const dir = temporaryDirectory()
    const cli = startInOtherNode(['exec', dir, '--', 'sh', '-c', 'echo $$; exec sleep 1000'], electron)
    const survivor = Number(await cli.nextLine())
    onTestFinished(() => {
      process.kill(survivor, 'SIGKILL')
    })
    cli.kill('SIGKILL')
    await expect.poll(() => isFree(join(dir, 'app.lock')), { timeout: 5000 }).toBe(true)
  },
)

test.skipIf(!node)('without an Electron, it says which runtime is needed', async () => {
  const nowhere = { ELECTRON_OVERRIDE_DIST_PATH: temporaryDirectory() }
  const { code, stderr } = await startInOtherNode(['status', temporaryDirectory()], nowhere).outcome
  expect(code).toBe(69)
  expect(stderr).toContain('was compiled for another runtime than Node.js')
  expect(stderr).toContain('ELECTRON_RUN_AS_NODE=1 npx electron')
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})

test.skipIf(!node)('help, a missing directory and a holder the kernel names need no fs-ext', async () => {
  const nowhere = { ELECTRON_OVERRIDE_DIST_PATH: temporaryDirectory() }
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  expect((await startInOtherNode(['--help'], nowhere).outcome).code).toBe(0)
  expect((await startInOtherNode(['status', join(dir, 'none')], nowhere).outcome).code).toBe(0)
  const { code, stdout } = await startInOtherNode(['status', dir], nowhere).outcome
  expect(code).toBe(75)
  expect(stdout).toContain(`PID ${holder.pid}`)
})

test.skipIf(!node)('a current directory that is gone does not prevent the run in Electron', () => {
  const script = 'cd "$(mktemp -d)" && rmdir "$PWD" && exec node "$main" status "$1"'
  const { code, stdout, stderr } = runShell(`unset ELECTRON_RUN_AS_NODE; ${script}`, temporaryDirectory())
  expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(/^free: /), ''])
})
