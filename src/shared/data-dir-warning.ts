/** Something about a data directory that works, but may not keep its data safe. Never a reason to fail. */
export interface DataDirWarning {
  /** Stable across versions; what a program should look at. */
  readonly code: `DATADIR_${string}`
  /** What and where, and what to do about it: one line, complete by itself. */
  readonly message: string
  /** What it is about: a real path. */
  readonly path: string
}

/**
 * Where warnings go. What it throws becomes an uncaught exception, as with any event handler; other warnings are given all
 * the same.
 */
export type OnWarning = (warning: DataDirWarning) => void
