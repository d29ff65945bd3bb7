import { byteSize } from '../../../shared/byte-size.ts'
import { DataDirError } from '../../../shared/data-dir-error.ts'
import { type FailureKind, systemFailureIn } from '../../../shared/system-failure.ts'
import type { Holder } from '../../owner/holder.ts'
import { causeInWords, factsIn, messageOf } from './causes.ts'

/**
 * Why there is no backup: the disk is full, the backup was canceled, the database itself is damaged, `onProgress` threw
 * an error, or another reason.
 */
export type BackupFailure = 'no-space' | 'aborted' | 'damaged' | 'callback' | 'failed'

/** A backup was not made. The database and an earlier backup at the same path are unchanged. */
export class BackupFailedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_BACKUP_FAILED'
  readonly code = BackupFailedError.code
  /** The path of the backup that was not made. */
  readonly path: string
  /** Why, for a program. The error of SQLite or of the system is the `cause`. */
  readonly reason: BackupFailure
  /** How many more bytes the backup needs on the disk, if the shortage was found before the copy began. */
  readonly missingBytes: number | undefined
  /** The process that keeps the database locked, if that was the reason and the kernel names one (Linux). */
  readonly holder: Holder | undefined

  constructor(path: string, reason: BackupFailure, cause: unknown, missingBytes?: number) {
    const { what, remedy } = reasons[reason]
    const { failure, holder } = /^(no-space|failed)$/.test(reason) ? factsIn(cause) : {}
    const missing = missingBytes === undefined ? '' : `; ${byteSize(missingBytes)} more are needed`
    const why = (!failure && what) || causeInWords(failure, cause, path)
    const error = reason === 'callback' ? ` (${messageOf(cause)})` : ''
    super(`The backup ${path} was not made: ${why}${error}${missing}.`, {
      remedy: failure?.remedy ?? remedy,
      cause,
    })
    this.path = path
    this.reason = reason
    this.missingBytes = missingBytes
    this.holder = holder
  }
}

const reasons: Readonly<Record<BackupFailure, { readonly what?: string; readonly remedy: string }>> = {
  'no-space': { what: 'there is no space left on the disk', remedy: 'Free some space and try again.' },
  aborted: { what: 'it was canceled', remedy: 'Start the backup again when you need it.' },
  damaged: { what: 'the database itself is damaged', remedy: 'Restore an earlier backup.' },
  callback: {
    what: 'onProgress threw an error',
    remedy: 'Fix the callback, or make the backup without it.',
  },
  failed: { remedy: 'Check that the folder exists and can be written.' },
}

/** There is no backup that could replace the database. Nothing was changed. */
export class NoBackupError extends DataDirError {
  static readonly code = 'ERR_DATADIR_NO_BACKUP'
  readonly code = NoBackupError.code
  /** The folder that was searched. */
  readonly path: string

  /** @param cause why the folder cannot be searched. */
  constructor(path: string, cause?: unknown) {
    const { failure } = factsIn(cause)
    const why = causeInWords(failure, cause, path)
    super(cause ? `${path} cannot be searched for backups: ${why}.` : `There is no good backup in ${path}.`, {
      remedy:
        failure?.remedy ??
        'If you have a copy of the database elsewhere, put it in the place of the database.',
      cause,
    })
    this.path = path
  }
}

/** A backup could not be put in the database's place. The database and the backup are unchanged. */
export class RestoreFailedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_RESTORE_FAILED'
  readonly code = RestoreFailedError.code
  /** The database file. */
  readonly path: string
  /** The backup. */
  readonly backupPath: string
  /** Why, for a program. The error of SQLite or of the system is the `cause`. */
  readonly reason: FailureKind | 'failed'

  constructor(path: string, backupPath: string, cause: unknown) {
    const { failure } = factsIn(cause)
    const why = causeInWords(failure, cause, backupPath)
    super(`The backup ${backupPath} was not restored: ${why}.`, {
      remedy: failure?.remedy ?? 'Check that the folder of the database can be read and written.',
      cause,
    })
    this.path = path
    this.backupPath = backupPath
    this.reason = failure?.kind ?? 'failed'
  }
}

/** The database cannot be replaced, because this process has it open. */
export class DatabaseInUseError extends DataDirError {
  static readonly code = 'ERR_DATADIR_DATABASE_IN_USE'
  readonly code = DatabaseInUseError.code
  /** The data directory, as the caller gave it. */
  readonly dir: string

  constructor(dir: string) {
    super(`The database in ${dir} is open in this process.`, { remedy: 'Close its pool, then try again.' })
    this.dir = dir
  }
}

/**
 * Converts the error that stopped a backup to a {@link BackupFailedError}. A `BackupFailedError` is returned as it is.
 *
 * @param to the path of the backup.
 * @param signal if it has aborted, the `reason` is `aborted`.
 */
export function backupFailure(to: string, error: unknown, signal?: AbortSignal): BackupFailedError {
  return error instanceof BackupFailedError
    ? error
    : new BackupFailedError(to, reasonOf(error, signal), error)
}

function reasonOf(error: unknown, signal: AbortSignal | undefined): BackupFailure {
  if (signal?.aborted) return 'aborted'
  const kind = systemFailureIn(error)?.kind
  if (kind === 'no-space' || kind === 'quota' || kind === 'file-too-large') return 'no-space'
  return kind === 'damaged' || kind === 'not-a-database' ? 'damaged' : 'failed'
}
