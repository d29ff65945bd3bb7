/** What every error of this package has besides its message. */
export interface DataDirErrorFacts {
  /** What the reader can do next: a sentence of its own. */
  readonly remedy: string
  readonly cause?: unknown
}

// A program can hold two copies of this package, one by import and one by require.
const brand = Symbol.for('electron-datadir.error')

/**
 * The base class of every error that this package throws.
 *
 * `summary` says what happened and where. `remedy` says what to do next. `message` is both, so that a log line is complete.
 * A dialog can show the two separately.
 */
export abstract class DataDirError extends Error {
  /** Stable across versions. A program should compare this, and not the message. */
  abstract readonly code: `ERR_DATADIR_${string}`
  /** What happened, and where: one sentence. */
  readonly summary: string
  /** What to do next: a sentence of its own. */
  readonly remedy: string

  /** Also true for an error of another copy of this package, if it has the `code` of the class. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore-start lint/complexity/noThisInStatic: every class of error inherits this and compares with itself.
    if (!(value instanceof Error) || !(brand in value)) return false
    if (this === DataDirError || Object.prototype.isPrototypeOf.call(this.prototype, value)) return true
    // The names of classes prove nothing, because minifiers change them. A subclass in an app inherits a code that is not
    // its own.
    return Object.hasOwn(this, 'code') && 'code' in value && Object(this).code === value.code
    // biome-ignore-end lint/complexity/noThisInStatic: see above
  }

  constructor(summary: string, { remedy, cause }: DataDirErrorFacts) {
    super(`${summary} ${remedy}`, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    Object.defineProperty(this, brand, { value: true })
    this.summary = summary
    this.remedy = remedy
  }
}

/** An option has a value that is not allowed. Thrown before anything was touched. */
export class InvalidOptionError extends DataDirError {
  static readonly code = 'ERR_DATADIR_INVALID_OPTION'
  readonly code = InvalidOptionError.code
  /** The option's name. */
  readonly option: string

  constructor(option: string, summary: string, remedy: string) {
    super(summary, { remedy })
    this.option = option
  }
}
