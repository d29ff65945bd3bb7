/** A data directory works, but something about it may not keep the data safe. A warning never makes a call fail. */
export interface DataDirWarning {
  /** Stable across versions, for programs. */
  readonly code: `DATADIR_${string}`
  /** What happened, where, and what to do about it, in one line. */
  readonly message: string
  /** The real path of the directory or file that it is about. */
  readonly path: string
}

/** Receives warnings. If it throws, that is an uncaught exception, as with any event handler. Other warnings still come. */
export type OnWarning = (warning: DataDirWarning) => void
