import { betterSqlite3 } from '../native/better-sqlite3.ts'
import { BackupFailedError, type BackupFailure } from './backup-errors.ts'

/** Converts what kept a backup from being made, unless it is converted already. */
export function backupFailure(to: string, error: unknown, signal?: AbortSignal): BackupFailedError {
  return error instanceof BackupFailedError
    ? error
    : new BackupFailedError(to, reasonOf(error, signal), error)
}

function reasonOf(error: unknown, signal: AbortSignal | undefined): BackupFailure {
  if (signal?.aborted) return 'aborted'
  if (isNoSpace(error)) return 'no-space'
  if (error instanceof betterSqlite3().SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) {
    return 'damaged'
  }
  return 'failed'
}

/** Whether SQLite or the system says that the disk, or what the user may have of it, is full. */
export function isNoSpace(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
}
