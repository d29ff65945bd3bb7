/** What every error of this package carries besides its message. */
export interface DataDirErrorFacts {
  /** What the reader of the message can do next, as a sentence of its own. */
  readonly remedy: string
  readonly cause?: unknown
}

// A program can hold two copies of this package, one by import and one by require.
const brand = Symbol.for('electron-datadir.error')

/**
 * The base class of every error this package throws.
 *
 * `summary` says what happened and where, `remedy` what to do next; `message` is both, so that a log line is
 * complete by itself, while a dialog can set them apart.
 */
export abstract class DataDirError extends Error {
  /** Stable across versions; what a program should look at. */
  abstract readonly code: `ERR_DATADIR_${string}`
  /** What happened, and where: one sentence. */
  readonly summary: string
  /** What to do next: a sentence of its own. */
  readonly remedy: string

  /** True for an error of another copy of this package too, if its `code` is that of the class. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore-start lint/complexity/noThisInStatic: every class of error inherits this and asks for itself.
    if (!(value instanceof Error) || !(brand in value)) return false
    if (this === DataDirError || Object.prototype.isPrototypeOf.call(this.prototype, value)) return true
    // A minifier renames classes, so the names of two of them can be the same. A subclass of an app inherits a code that
    // is not its own.
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

/** An option given to this package makes no sense. Thrown before anything was touched. */
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
