import { DataDirError } from '../../shared/data-dir-error.ts'

/** A process or a mount that a test asked for could not be started or made. */
export class TestKitError extends DataDirError {
  static readonly code = 'ERR_DATADIR_TEST_KIT'
  readonly code = TestKitError.code
  /** The code of the error underneath: `ERR_DATADIR_LOCKED` if a holder was refused the lock, for example. */
  readonly reason: string | undefined

  constructor(summary: string, remedy: string, reason?: string) {
    super(summary, { remedy })
    this.reason = reason
  }
}
