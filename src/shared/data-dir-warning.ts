/** A data directory works, but something about it may not keep the data safe. A warning never makes a call fail. */
export interface DataDirWarning {
  /** Stable across versions, for programs. */
  readonly code: `DATADIR_${string}`
  /** What happened, where, and what to do about it, in one line. */
  readonly message: string
  /** The real path of the directory or file that the warning is about. */
  readonly path: string
}

/**
 * Receives warnings. If it throws, the error is an uncaught exception, as with any event handler. Later warnings are
 * still delivered.
 */
export type OnWarning = (warning: DataDirWarning) => void
