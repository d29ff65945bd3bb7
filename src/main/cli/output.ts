import { printable } from '../../shared/printable.ts'
import { exitCode } from './exit-codes.ts'

/** Prints one line of the answer. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Prints what went wrong, as one line on stderr, whatever another program may have put into it. */
export function complain(message: string): void {
  process.stderr.write(`electron-datadir: ${printable(message)}\n`)
}

/** What counts of a text that others have made several lines long. */
export function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0] ?? ''
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
