import type { ChildProcess } from 'node:child_process'
import { parseArgs } from 'node:util'
import { runToEnd } from './child.ts'
import { exitCode, nameOption, secondsOf } from './command-line.ts'
import { complain } from './output.ts'
import { isRemotePath } from './remote-path.ts'
import { isWatched, relaunchVariables, type WatchedMessage, watchedVariable } from './respawn.ts'

// For a command that has no time of its own, in milliseconds.
const patience = 10_000
// A command that has a time ends by itself before this is over, if the directory answers, even on a busy machine.
const grace = 2_000

const watchedCommands = new Set(['status', 'wait', 'exec', 'focus'])

interface Limit {
  readonly dir: string
  readonly milliseconds: number
}

/**
 * Runs this command line in another process, and kills that process if the directory does not answer in time. It cannot
 * end by itself then: `process.exit()` waits for the threads that wait for the directory. This process does not look at the
 * directory.
 *
 * @returns its exit code; undefined if nothing has to be watched. Only a directory on a network or FUSE filesystem has to.
 */
export async function runWatched(args: string[]): Promise<number | undefined> {
  const [, script] = process.argv
  const limit = isWatched() || !script ? undefined : limitOf(args)
  if (!limit || !script || !isRemotePath(limit.dir)) return undefined
  let electron: string | undefined
  let timer: NodeJS.Timeout | undefined
  const watch = (child: ChildProcess) => {
    child.on('message', (message: WatchedMessage) => {
      clearTimeout(timer)
      if (message === 'looking') timer = setTimeout(() => giveUp(child, limit), limit.milliseconds)
      if (typeof message === 'object') electron = message.electron
    })
  }
  const run = async (program: string, variables: NodeJS.ProcessEnv) => {
    const env = { ...process.env, ...variables, [watchedVariable]: '1' }
    const code = await runToEnd(
      program,
      [script, ...args],
      { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env },
      watch,
    )
    clearTimeout(timer)
    return code
  }
  const code = await run(process.execPath, {})
  return electron === undefined ? code : run(electron, relaunchVariables)
}

/** @returns undefined for a command without a limit, and for one that makes no sense, which then explains that itself. */
function limitOf([word, ...args]: string[]): Limit | undefined {
  if (!watchedCommands.has(word ?? '')) return undefined
  const end = args.indexOf('--')
  try {
    const { values, positionals } = parseArgs({
      args: end < 0 ? args : args.slice(0, end),
      allowPositionals: true,
      options: {
        ...nameOption,
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        timeout: { type: 'string' },
        wait: { type: 'string' },
      },
    })
    const [dir] = positionals
    const seconds = word === 'exec' ? values.wait : values.timeout
    if (!dir || values.help || (word === 'wait' && seconds === undefined)) return undefined
    return { dir, milliseconds: seconds === undefined ? patience : secondsOf('', seconds) + grace }
  } catch {
    return undefined
  }
}

function giveUp(child: ChildProcess, { dir, milliseconds }: Limit): void {
  child.kill('SIGKILL')
  complain(
    `${dir} has not answered within ${milliseconds / 1000} s: its server cannot be reached, or its program hangs`,
  )
  // Even a killed process may go on waiting for the directory. This one does not wait for it.
  process.exit(exitCode.unavailable)
}
