import { byteSize } from '../../shared/byte-size.ts'
import { DataDirError } from '../../shared/data-dir-error.ts'

/**
 * Why there is no backup: the disk is full, the backup was canceled, the database itself is damaged, `onProgress` threw
 * an error, or another reason.
 */
export type BackupFailure = 'no-space' | 'aborted' | 'damaged' | 'callback' | 'failed'

/** A backup was not made. The database is as it was, and so is an earlier backup of the same path. */
export class BackupFailedError extends DataDirError {
  readonly code = 'ERR_DATADIR_BACKUP_FAILED'
  /** Where the backup should have gone. */
  readonly path: string
  /** Why, for a program; the error underneath is the `cause`. */
  readonly reason: BackupFailure
  /** How many more bytes it needs on the disk, if this was found before the copy began. */
  readonly missingBytes: number | undefined

  constructor(path: string, reason: BackupFailure, cause: unknown, missingBytes?: number) {
    const missing = missingBytes === undefined ? '' : `; ${byteSize(missingBytes)} more are needed`
    super(`the backup ${path} was not made: ${whyOf(reason, cause)}${missing}.`, {
      remedy: remedies[reason],
      cause,
    })
    this.path = path
    this.reason = reason
    this.missingBytes = missingBytes
  }
}

function whyOf(reason: BackupFailure, cause: unknown): string {
  const message = words[reason] ?? messageOf(cause)
  return reason === 'callback' ? `onProgress threw an error (${message})` : message
}

const words: Readonly<Partial<Record<BackupFailure, string>>> = {
  'no-space': 'there is no space left on the disk',
  aborted: 'it was canceled',
  damaged: 'the database itself is damaged',
}

const remedies: Readonly<Record<BackupFailure, string>> = {
  'no-space': 'Free some space and try again.',
  aborted: 'Make it another time.',
  damaged: 'Restore an earlier backup.',
  callback: 'Fix the callback, or make the backup without it.',
  failed: 'Check that the folder exists and can be written.',
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

/** There is no backup that could be put in the database's place. Nothing was changed. */
export class NoBackupError extends DataDirError {
  readonly code = 'ERR_DATADIR_NO_BACKUP'
  /** The folder that was searched. */
  readonly path: string

  constructor(path: string) {
    super(`there is no good backup in ${path}.`, {
      remedy: 'Put a copy of the database from elsewhere in its place.',
    })
    this.path = path
  }
}

/** Why a backup was not restored: the disk is full, or another reason. */
export type RestoreFailure = 'no-space' | 'failed'

/** A good backup could not be put in the place of the database. The database is as it was. */
export class RestoreFailedError extends DataDirError {
  readonly code = 'ERR_DATADIR_RESTORE_FAILED'
  /** The database file. */
  readonly path: string
  /** The backup that was to be restored. */
  readonly backupPath: string
  /** Why, for a program; the error underneath is the `cause`. */
  readonly reason: RestoreFailure

  constructor(path: string, backupPath: string, reason: RestoreFailure, cause: unknown) {
    const why = reason === 'no-space' ? 'there is no space left on the disk' : messageOf(cause)
    super(`the backup ${backupPath} was not restored: ${why}.`, {
      remedy:
        reason === 'no-space'
          ? 'Free some space and try again.'
          : 'Check that the folder of the database and the backup can be read and written.',
      cause,
    })
    this.path = path
    this.backupPath = backupPath
    this.reason = reason
  }
}

/** The database cannot be replaced, since this process has it open. */
export class DatabaseInUseError extends DataDirError {
  readonly code = 'ERR_DATADIR_DATABASE_IN_USE'
  /** The data directory, as the caller gave it. */
  readonly dir: string

  constructor(dir: string) {
    super(`the database in ${dir} is open in this process.`, { remedy: 'Close its pool first.' })
    this.dir = dir
  }
}
