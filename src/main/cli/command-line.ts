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
