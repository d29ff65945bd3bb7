import { exitCode } from './exit-codes.ts'

/** Prints one line of the answer. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Prints what went wrong, as one line on stderr. */
export function complain(message: string): void {
  process.stderr.write(`electron-datadir: ${message}\n`)
}

/** Keeps a reader that went away (`| head -0`) from becoming a stack trace. The exit code stays the command's. */
export function surviveClosedPipes(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    complain(`the answer cannot be written: ${error.message}`)
    process.exit(exitCode.output)
  })
  process.stderr.on('error', () => {
    // Nobody is left to be told.
  })
}
