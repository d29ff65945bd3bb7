import { byteSize } from '../../../shared/byte-size.ts'
import { DataDirError } from '../../../shared/data-dir-error.ts'
import { type FailureKind, systemFailureIn } from '../../../shared/system-failure.ts'
import type { Holder } from '../../owner/holder.ts'
import { factsIn, messageOf, wordsOf } from './causes.ts'

/**
 * Why there is no backup: the disk is full, the backup was canceled, the database itself is damaged, `onProgress` threw
 * an error, or another reason.
 */
export type BackupFailure = 'no-space' | 'aborted' | 'damaged' | 'callback' | 'failed'

/** A backup was not made. The database is as it was, and so is an earlier backup of the same path. */
export class BackupFailedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_BACKUP_FAILED'
  readonly code = BackupFailedError.code
  /** Where the backup should have gone. */
  readonly path: string
  /** Why, for a program; the error underneath is the `cause`. */
  readonly reason: BackupFailure
  /** How many more bytes it needs on the disk, if this was found before the copy began. */
  readonly missingBytes: number | undefined
  /** The process that keeps the database locked, if that was the reason and the kernel names one (Linux). */
  readonly holder: Holder | undefined

  constructor(path: string, reason: BackupFailure, cause: unknown, missingBytes?: number) {
    const { failure, holder } = explained.has(reason) ? factsIn(cause) : {}
    const missing = missingBytes === undefined ? '' : `; ${byteSize(missingBytes)} more are needed`
    const why = failure ? wordsOf(failure, path) : whyOf(reason, cause)
    super(`The backup ${path} was not made: ${why}${missing}.`, {
      remedy: failure?.remedy ?? remedies[reason],
      cause,
    })
    this.path = path
    this.reason = reason
    this.missingBytes = missingBytes
    this.holder = holder
  }
}

/** The others have a meaning of their own, whatever the error underneath is. */
const explained: ReadonlySet<BackupFailure> = new Set<BackupFailure>(['no-space', 'failed'])

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

/** There is no backup that could be put in the database's place. Nothing was changed. */
export class NoBackupError extends DataDirError {
  static readonly code = 'ERR_DATADIR_NO_BACKUP'
  readonly code = NoBackupError.code
  /** The folder that was searched. */
  readonly path: string

  /** @param cause why the folder cannot be searched. */
  constructor(path: string, cause?: unknown) {
    const { failure } = factsIn(cause)
    const found = failure ? wordsOf(failure, path) : messageOf(cause)
    super(
      cause ? `${path} cannot be searched for backups: ${found}.` : `There is no good backup in ${path}.`,
      {
        remedy: failure?.remedy ?? 'Put a copy of the database from elsewhere in its place.',
        cause,
      },
    )
    this.path = path
  }
}

/** A backup could not be put in the database's place. The database is as it was, and so is the backup. */
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
    const why = failure ? wordsOf(failure, backupPath) : messageOf(cause)
    super(`The backup ${backupPath} was not restored: ${why}.`, {
      remedy: failure?.remedy ?? 'Check that the folder of the database can be read and written.',
      cause,
    })
    this.path = path
    this.backupPath = backupPath
    this.reason = failure?.kind ?? 'failed'
  }
}

/** The database cannot be replaced, since this process has it open. */
export class DatabaseInUseError extends DataDirError {
  static readonly code = 'ERR_DATADIR_DATABASE_IN_USE'
  readonly code = DatabaseInUseError.code
  /** The data directory, as the caller gave it. */
  readonly dir: string

  constructor(dir: string) {
    super(`The database in ${dir} is open in this process.`, { remedy: 'Close its pool first.' })
    this.dir = dir
  }
}

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
