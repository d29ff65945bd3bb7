import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { isFree } from '../support/processes.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openTerminal } from './terminal.ts'

beforeEach((ctx) => {
  const { stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' })
  if (!stdout?.includes('util-linux')) skip(ctx, 'there is no script(1) of util-linux')
})

// Counts how often a signal comes, gives a second one half a second, and ends with 40 and the count. No shell: that
// counts two which come at once as one.
const counting = (signal: string) => `
  let count = 0
  process.on('${signal}', () => {
    if (++count === 1) setTimeout(() => process.exit(40 + count), 500)
  })
  setInterval(() => undefined, 1000)
  require('fs').writeFileSync('/dev/tty', 'started\\n')`

test.each([
  ['Ctrl-C', '', 'SIGINT', '\x03'],
  ['Ctrl-\\', '', 'SIGQUIT', '\x1c'],
  ['Ctrl-C', '</dev/null >/dev/null 2>&1', 'SIGINT', '\x03'],
  ['Ctrl-\\', '</dev/null >/dev/null 2>&1', 'SIGQUIT', '\x1c'],
])('%s reaches a command that handles it once, redirected by %j', async (_key, to, signal, key) => {
  const script = `"$runtime" "$main" exec "$dir" -- "$runtime" -e "$command" ${to}; exit $?`
  const terminal = openTerminal(script, { dir: temporaryDirectory(), command: counting(signal) })
  expect(await terminal.nextLine()).toBe('started')
  terminal.press(key)
  expect(await terminal.ended).toBe(41)
})

test.each([
  ['Ctrl-C', '\x03', 130],
  ['Ctrl-\\', '\x1c', 131],
])('%s ends a command that does not handle it, and the exit code says so', async (_key, key, code) => {
  const dir = temporaryDirectory()
  // A shell that does not take the signal for its own, as an interactive one.
  const script = `trap : INT QUIT; "$runtime" "$main" exec "$dir" -- sh -c 'ulimit -c 0; echo started; exec sleep 1000'; exit $?`
  const terminal = openTerminal(script, { dir })
  expect(await terminal.nextLine()).toBe('started')
  terminal.press(key)
  expect(await terminal.ended).toBe(code)
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('SIGINT to an exec in the background of a terminal is passed on', async () => {
  // A shell with job control gives the job a process group of its own.
  const script = `set -m; "$runtime" "$main" exec "$dir" -- sh -c "$command" & echo $!; wait $!; exit $?`
  const command = 'echo started; exec sleep 1000'
  const terminal = openTerminal(script, { dir: temporaryDirectory(), command })
  const pid = Number(await terminal.nextLine())
  expect(await terminal.nextLine()).toBe('started')
  process.kill(pid, 'SIGINT')
  expect(await terminal.ended).toBe(130)
})
