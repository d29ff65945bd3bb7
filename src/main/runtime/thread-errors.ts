import { DataDirError } from '../../shared/data-dir-error.ts'

/** A worker thread of this package has no code to run: a bundler has taken its starter and left it out. */
export class ThreadFileMissingError extends DataDirError {
  static readonly code = 'ERR_DATADIR_THREAD_FILE_MISSING'
  readonly code = ThreadFileMissingError.code
  /** Where the thread's code should be. */
  readonly path: string

  constructor(path: string) {
    super(`${path} is missing: a bundler has left it out.`, {
      remedy:
        'Leave electron-datadir out of the bundle (as an external dependency), as its native modules must be.',
    })
    this.path = path
  }
}
