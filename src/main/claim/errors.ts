import { DataDirError } from '../../shared/data-dir-error.ts'
import { printable } from '../../shared/printable.ts'

/** A claim has no database, because none of its options asked for one. Thrown by `db`, `pool` and `databasePath`. */
export class NoDatabaseError extends DataDirError {
  static readonly code = 'ERR_DATADIR_NO_DATABASE'
  readonly code = NoDatabaseError.code

  constructor(dir: string) {
    super(`The claim of ${dir} has no database.`, {
      remedy: 'Pass `migrations`, or `database: {}` if there are none, to open one.',
    })
  }
}

/** The store that the app opened has reported that it no longer owns the data. This error is the reason of `claim.lost`. */
export class StoreLostError extends DataDirError {
  static readonly code = 'ERR_DATADIR_STORE_LOST'
  readonly code = StoreLostError.code
  /** The data directory's real path. */
  readonly dir: string

  constructor(dir: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`The store of ${dir} no longer owns its data: ${why}`, {
      remedy: 'Show the user a message and quit. The next start opens the data again.',
      cause,
    })
    this.dir = dir
  }
}

/** The process that has the data. {@link heldElsewhere} receives it. Leave out what is not known. */
export interface ElsewhereOwner {
  /** Its app's name. */
  readonly app?: string | undefined
  /** Its computer's name. */
  readonly host?: string | undefined
  /** The name of its user. */
  readonly user?: string | undefined
  /** Its process ID on that computer. */
  readonly pid?: number | undefined
  /** When it opened the data. */
  readonly since?: Date | undefined
}

/** The data is in use by a process that holds no lock of this directory, for example on another computer. */
export class HeldElsewhereError extends DataDirError {
  static readonly code = 'ERR_DATADIR_HELD_ELSEWHERE'
  readonly code = HeldElsewhereError.code
  /** The process that has the data. */
  readonly owner: ElsewhereOwner
  /** Resolves when the data may be free. Undefined if the store does not report this. */
  readonly released: Promise<unknown> | undefined

  constructor(given: ElsewhereOwner, released: Promise<unknown> | undefined) {
    // What the other process wrote may be no date.
    const isDate = given.since !== undefined && !Number.isNaN(given.since.getTime())
    const owner = isDate ? given : { ...given, since: undefined }
    super(`The data is in use elsewhere${whoInParentheses(owner)}.`, {
      remedy: 'Use the window of the process that has it, or end that process first.',
    })
    this.owner = owner
    this.released = released
    // If nothing waits for it, its rejection would be an unhandled one.
    released?.catch(() => undefined)
  }
}

function whoInParentheses({ app, host, user, pid, since }: ElsewhereOwner): string {
  const facts = [
    ...(app === undefined ? [] : [app]),
    ...(pid === undefined ? [] : [`pid ${pid}`]),
    ...(host === undefined ? [] : [`host ${host}`]),
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(since === undefined ? [] : [`since ${since.toISOString()}`]),
  ]
  return facts.length === 0 ? '' : ` (${printable(facts.join(', '))})`
}

/**
 * Returns the error that `open` throws when another process has the store, for example on another computer. The held
 * dialog then shows who has it. `open` is called again every 2 s until it succeeds or the user quits.
 *
 * @param owner the process that has the store.
 * @param options `released`: a promise that resolves when the store may be free. `open` is then called again at once.
 *
 * @example
 * ```ts
 * // not run: `takeWorkspace` is the app's own
 * const open = async () => {
 *   const { store, owner } = await takeWorkspace()
 *   if (!store) throw heldElsewhere(owner)
 *   return store
 * }
 * ```
 */
export function heldElsewhere(
  owner: ElsewhereOwner,
  options: { readonly released?: Promise<unknown> } = {},
): HeldElsewhereError {
  return new HeldElsewhereError(owner, options.released)
}
