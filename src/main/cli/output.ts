import { printable } from '../../shared/printable.ts'
import { exitCode } from './command-line.ts'

/** Prints one or more lines of the answer. The name of a folder may have control characters, so they are replaced. */
export function say(lines: string): void {
  process.stdout.write(`${lines.split('\n').map(printable).join('\n')}\n`)
}

/** Prints a value as one line of JSON. `JSON.stringify` escapes no control characters above U+001F, so this does. */
export function sayJson(value: unknown): void {
  const json = JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (letter) =>
    letter.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
  process.stdout.write(`${json}\n`)
}

/** Prints what went wrong as one line on stderr, even if another program has put line breaks into the text. */
export function complain(message: string): void {
  process.stderr.write(`electron-datadir: ${printable(message)}\n`)
}

/** Returns the first line of a text that is not blank. */
export function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0] ?? ''
}

/** Prevents a stack trace if the reader of a pipe ends first (`| head -0`). The exit code stays the command's. */
export function surviveClosedPipes(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    complain(`the answer cannot be written: ${error.message}`)
    process.exit(exitCode.output)
  })
  process.stderr.on('error', () => {
    // There is no other place to report this.
  })
}
