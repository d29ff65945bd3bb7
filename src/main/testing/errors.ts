import { DataDirError } from '../../shared/data-dir-error.ts'

/** A process that a test needs could not be started, or a mount could not be made. */
export class TestKitError extends DataDirError {
  static readonly code = 'ERR_DATADIR_TEST_KIT'
  readonly code = TestKitError.code
  /** The code of the underlying error, for example `ERR_DATADIR_LOCKED` if a holder was refused the lock. */
  readonly reason: string | undefined

  constructor(summary: string, remedy: string, reason?: string) {
    super(summary, { remedy })
    this.reason = reason
  }
}
