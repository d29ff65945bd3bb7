import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import { attempt } from '../../shared/attempt.ts'
import { exitCode } from './command-line.ts'
import { complain } from './output.ts'

// Signals that are meant for a program. They would end this process, or start the debugger of Node.js (SIGUSR1).
const forwardedSignals = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const

/**
 * Runs a program until it ends. Signals to this process are passed on to the program.
 *
 * @param started called with the running program.
 * @returns its exit code; 128 + the signal's number if a signal ended it; 127 if there is no such program; 126 if it
 * cannot be run. The last two are explained on stderr.
 */
export async function runToEnd(
  command: string,
  args: string[],
  options: SpawnOptions,
  started?: (child: ChildProcess) => void,
): Promise<number> {
  // spawn() throws for an empty command. A shell says that it was not found.
  if (command === '') return refuse(command, 'ENOENT')
  let child: ChildProcess | undefined
  const forward = (signal: NodeJS.Signals) => {
    // The terminal sends Ctrl-C and Ctrl-\ to all processes in its foreground, so the child already has this signal. A
    // second one makes many programs skip their cleanup.
    if ((signal === 'SIGINT' || signal === 'SIGQUIT') && isInForeground()) return
    child?.kill(signal)
  }
  // The handlers come first, because the child may run, and a script may signal this process, before spawn() returns. A
  // signal is delivered in a later turn of the event loop, so forward() always has the child.
  for (const signal of forwardedSignals) process.on(signal, forward)
  try {
    child = spawn(command, args, options)
    started?.(child)
    return await endOf(child)
  } catch (error) {
    return refuse(command, (error as NodeJS.ErrnoException).code)
  } finally {
    for (const signal of forwardedSignals) process.off(signal, forward)
  }
}

/** @throws the system's error if the program could not be started. spawn() itself throws some other errors. */
function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) reject(error)
      // The child continues. It may belong to another user now, for example (man 2 kill, EPERM).
      else complain(`a signal did not reach ${child.spawnfile} (${error.code ?? error.message})`)
    })
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
}

function refuse(command: string, code: string | undefined): number {
  if (code === 'ENOENT') {
    complain(`${command || "''"}: command not found`)
    return exitCode.notFound
  }
  complain(`${command}: cannot be run (${code ?? 'unknown error'})`)
  return exitCode.notExecutable
}

/**
 * Whether a terminal sends its Ctrl-C and Ctrl-\ to this process, and so to the children in its process group. Linux
 * reports this. On other systems the answer is yes if a standard stream is a terminal.
 */
function isInForeground(): boolean {
  const stat = attempt(() => readFileSync('/proc/self/stat', 'utf8'))
  // No /proc: not Linux, or a bare container.
  if (stat === undefined) return [0, 1, 2].some(isatty)
  // man 5 proc_pid_stat: fields 3 and higher follow the name in parentheses. 5 is the process group. 8 is the group in the
  // terminal's foreground, or -1 without a terminal.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[2] === fields[5]
}
