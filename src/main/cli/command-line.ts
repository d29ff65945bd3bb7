import { readFileSync } from 'node:fs'

/** What the CLI's exit codes mean, the same for every command; from sysexits.h and the shell's own. */
export const exitCode = {
  /** Free, or done. */
  ok: 0,
  /** EX_USAGE: the command line makes no sense. Nothing was touched. */
  usage: 64,
  /** EX_UNAVAILABLE: a directory, a filesystem or a runtime that does not allow what was asked. */
  unavailable: 69,
  /** EX_SOFTWARE: a mistake in this program. */
  internal: 70,
  /** EX_IOERR: the answer could not be written. */
  output: 74,
  /** EX_TEMPFAIL: somebody else owns the directory; another time it may work. */
  held: 75,
  /** As in a shell: the command was found but cannot be run. */
  notExecutable: 126,
  /** As in a shell: there is no such command. */
  notFound: 127,
} as const

/** The part of every help text that says the above. */
export const exitCodesHelp = `Exit codes:
   0  free, or done
  64  the command line makes no sense
  69  it cannot be told or done here: the directory, its filesystem or the runtime does not allow it; the lock was lost
  70  a mistake in electron-datadir itself
  74  the answer could not be written
  75  held by another process (or still held when the time was up)`

/** A command line that makes no sense: one line for its author, and where to read on. */
export class UsageError extends Error {}

/** What was asked cannot be had here, for a reason that only the CLI meets. */
export class UnavailableError extends Error {}

/** One subcommand. */
export interface Command {
  /** What `electron-datadir COMMAND --help` prints. */
  readonly help: string
  /**
   * @param args what follows the subcommand's name.
   * @returns the exit code; what goes wrong is thrown.
   */
  run(args: string[]): Promise<number>
}

/** The option of every command that takes a data directory, as `parseArgs` wants it. */
export const nameOption = { name: { type: 'string', default: 'app' } } as const

/** Runs Node's `parseArgs` and tells its complaints, shortened to their first sentence, as a usage error. */
export function parsing<Parsed>(parse: () => Parsed): Parsed {
  try {
    return parse()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!code?.startsWith('ERR_PARSE_ARGS')) throw error
    throw new UsageError(message.split(/\.?\n|\.\s|\.$/, 1)[0])
  }
}

/** The data directory where it is the one operand allowed. */
export function directoryAmong(operands: string[]): string {
  const [dir, extra] = operands
  if (dir === undefined) throw new UsageError('no data directory given')
  // An empty path would mean the current directory, which an unset variable in a script never does.
  if (dir === '') throw new UsageError('the data directory given is an empty text')
  if (extra !== undefined)
    throw new UsageError(`one data directory at a time: ${JSON.stringify(extra)} is too much`)
  return dir
}

/**
 * Reads a time in seconds, fractions allowed.
 *
 * @returns milliseconds.
 */
export function secondsOf(option: string, text: string): number {
  if (/^(\d{1,9}(\.\d*)?|\.\d+)$/.test(text)) return Number(text) * 1000
  throw new UsageError(`${option} takes a number of seconds, not ${JSON.stringify(text)}`)
}

/** The version of this package. */
export function packageVersion(): string {
  // Upwards to the package.json with this package's name. The published code lies beside one without, so that it cannot
  // be asked for by the name where the package is not installed: in a clone, or by `npm link`.
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const { name, version } = readPackage(new URL('package.json', folder))
    if (name === 'electron-datadir') return String(version)
    if (folder.href === new URL('..', folder).href) throw new Error('its package.json is missing')
  }
}

function readPackage(file: URL): { name?: unknown; version?: unknown } {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // None in this folder, or none that can be read: it is not ours.
    return {}
  }
}
