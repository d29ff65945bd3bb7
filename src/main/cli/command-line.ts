import { readFileSync } from 'node:fs'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { attempt } from '../../shared/attempt.ts'

/** The exit codes of every command. They come from sysexits.h and from the shell. */
export const exitCode = {
  /** Free, or done. */
  ok: 0,
  /** EX_USAGE: the command line is wrong. Nothing was touched. */
  usage: 64,
  /** EX_UNAVAILABLE: the directory, its filesystem or the runtime does not allow the command. */
  unavailable: 69,
  /** EX_SOFTWARE: a bug in this program. */
  internal: 70,
  /** EX_IOERR: the answer could not be written. */
  output: 74,
  /** EX_TEMPFAIL: another process owns the directory. The command may work later. */
  held: 75,
  /** As in a shell: the command was found but cannot be run. */
  notExecutable: 126,
  /** As in a shell: there is no such command. */
  notFound: 127,
} as const

/** The command line is wrong. The message is one line for the person who wrote it. */
export class UsageError extends Error {}

/** The command is not possible here, for a reason that only the CLI has. */
export class UnavailableError extends Error {}

/** One subcommand. */
export interface Command {
  /** What `electron-datadir COMMAND --help` prints, followed by the exit codes of all commands and its own. */
  readonly help: string
  readonly ownExitCodes?: string
  /**
   * @param args the words after the subcommand.
   * @returns the exit code. Throws if something goes wrong.
   */
  run(args: string[]): Promise<number>
}

/** The option of every command that takes a data directory, for {@link parse}. */
export const nameOption = { name: { type: 'string', default: 'app' } } as const

/** Parses a command line with Node's `parseArgs`. Throws its complaint, shortened to one sentence, as a usage error. */
export function parse<const Options extends ParseArgsOptionsConfig>(args: string[], options: Options) {
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!code?.startsWith('ERR_PARSE_ARGS')) throw error
    throw new UsageError(message.split(/\.?\n|\.\s|\.$/, 1)[0])
  }
}

/** Returns the data directory, which must be the only operand. */
export function directoryAmong([dir, extra]: string[]): string {
  if (dir === undefined) throw new UsageError('no data directory given')
  // An empty path would mean the current directory. An unset variable in a script never means that.
  if (dir === '') throw new UsageError('the data directory given is an empty text')
  if (extra !== undefined)
    throw new UsageError(`one data directory at a time: ${JSON.stringify(extra)} is too much`)
  return dir
}

/**
 * Reads a time in seconds. Fractions are allowed.
 *
 * @returns milliseconds.
 */
export function secondsOf(option: string, text: string): number {
  if (/^(\d{1,9}(\.\d*)?|\.\d+)$/.test(text)) return Number(text) * 1000
  throw new UsageError(`${option} takes a number of seconds, not ${JSON.stringify(text)}`)
}

interface Package {
  readonly name?: unknown
  readonly version?: unknown
}

/** Returns the version of this package. */
export function packageVersion(): string {
  // The published code is next to a package.json without a name, and a lookup by name fails if the package is not
  // installed, in a clone for example. So this searches the folders above.
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const file = new URL('package.json', folder)
    const found: Package | undefined = attempt(() => JSON.parse(readFileSync(file, 'utf8')))
    if (found?.name === 'electron-datadir') return String(found.version)
    if (folder.href === new URL('..', folder).href) throw new Error('its package.json is missing')
  }
}
