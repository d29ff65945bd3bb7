import { type SpawnOptions, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import { exitCode } from './exit-codes.ts'
import { complain } from './output.ts'

const forwardedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs a program to its end and stands in for it: signals sent to this process reach it.
 *
 * @returns its exit code; 128 + the signal's number where a signal ended it; 127 where there is no such program
 * and 126 where it cannot be run, said on stderr.
 */
export function runToEnd(command: string, args: string[], options: SpawnOptions): Promise<number> {
  // spawn() throws for an empty command, where a shell says that it was not found.
  if (command === '') return Promise.resolve(refuse(command, 'ENOENT'))
  const forward = (signal: NodeJS.Signals) => {
    // Ctrl-C goes to everybody in the terminal's foreground, the child included. A second one tells many programs
    // to give up tidying.
    if (signal === 'SIGINT' && [0, 1, 2].some(isatty)) return
    child.kill(signal)
  }
  // Before there is a child, which may be running, and be waited for, before spawn() has returned. A signal is
  // delivered in a later turn of the event loop, so forward() always finds it.
  for (const signal of forwardedSignals) process.on(signal, forward)
  const child = spawn(command, args, options)
  return new Promise<number>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      // Errors of a started child are about signals or messages that came too late for it.
      if (child.pid === undefined) resolve(refuse(command, error.code))
    })
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  }).finally(() => {
    for (const signal of forwardedSignals) process.off(signal, forward)
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
