import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import { exitCode } from './command-line.ts'
import { complain } from './output.ts'

// Every signal that is meant for a program and would end this one, or has Node.js open its debugger (SIGUSR1).
const forwardedSignals = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const

/**
 * Runs a program to its end. Signals that this process gets are passed on to the program.
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
  // spawn() throws for an empty command, where a shell says that it was not found.
  if (command === '') return refuse(command, 'ENOENT')
  let child: ChildProcess | undefined
  const forward = (signal: NodeJS.Signals) => {
    // Ctrl-C and Ctrl-\ go to everybody in the terminal's foreground, the child included. A second one tells many
    // programs to give up tidying.
    if ((signal === 'SIGINT' || signal === 'SIGQUIT') && isInForeground()) return
    child?.kill(signal)
  }
  // Before there is a child, which may be running, and be waited for, before spawn() has returned. A signal is
  // delivered in a later turn of the event loop, so forward() always finds it.
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

/** @throws the system's error where the program could not be started; some others come out of spawn() itself. */
function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) reject(error)
      // It has become another user's, for instance (man 2 kill, EPERM), and goes on.
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
 * Whether a terminal sends its Ctrl-C and Ctrl-\ to this process, and so to the children that stay in its process group.
 * Linux tells; elsewhere it is taken for so where a terminal is among the standard streams.
 */
function isInForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    // man 5 proc_pid_stat: after the name in parentheses come the fields 3 on; 5 is the process group, and 8 the one in
    // the terminal's foreground, or -1 without a terminal.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[2] === fields[5]
  } catch {
    // No /proc: not Linux, or a bare container.
    return [0, 1, 2].some(isatty)
  }
}
