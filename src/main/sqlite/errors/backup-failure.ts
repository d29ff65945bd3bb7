import { systemFailureIn } from '../../../shared/system-failure.ts'
import { BackupFailedError, type BackupFailure } from './backup-errors.ts'

/** Converts what kept a backup from being made, unless it is converted already. */
export function backupFailure(to: string, error: unknown, signal?: AbortSignal): BackupFailedError {
  return error instanceof BackupFailedError
    ? error
    : new BackupFailedError(to, reasonOf(error, signal), error)
}

function reasonOf(error: unknown, signal: AbortSignal | undefined): BackupFailure {
  if (signal?.aborted) return 'aborted'
  switch (systemFailureIn(error)?.kind) {
    case 'no-space':
    case 'quota':
    case 'file-too-large':
      return 'no-space'
    case 'damaged':
    case 'not-a-database':
      return 'damaged'
    default:
      return 'failed'
  }
}
