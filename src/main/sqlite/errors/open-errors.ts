import { DataDirError } from '../../../shared/data-dir-error.ts'
import type { FailureKind } from '../../../shared/system-failure.ts'
import type { Holder } from '../../owner/holder.ts'
import type { Backup } from '../files/backup-files.ts'
import { causeInWords, type FailureFacts, factsIn } from './causes.ts'

/** The file is not a database, or it is damaged. It was not changed. */
export class NotADatabaseError extends DataDirError {
  static readonly code = 'ERR_DATADIR_NOT_A_DATABASE'
  readonly code = NotADatabaseError.code
  /** The database file. */
  readonly path: string
  /** The newest backup that passes `quick_check`; undefined if there is none, or if there was no search. */
  readonly newestBackup: Backup | undefined
  /** Whether only indexes are damaged, which can be rebuilt from the rows. False if the damage was not examined. */
  readonly isIndexOnly: boolean

  constructor(path: string, cause: unknown, newestBackup?: Backup, isIndexOnly = false) {
    super(isIndexOnly ? `An index in ${path} is damaged.` : `${path} is not a database, or is damaged.`, {
      remedy: isIndexOnly ? rebuildRemedy : restoreRemedy(newestBackup),
      cause,
    })
    this.path = path
    this.newestBackup = newestBackup
    this.isIndexOnly = isIndexOnly
  }
}

const rebuildRemedy =
  "Open it with `onDamaged: 'restore'`, which rebuilds the index. Every row can be read. The file was not changed."

function restoreRemedy(newestBackup: Backup | undefined): string {
  return newestBackup
    ? `Restore the newest good backup, ${newestBackup.path}. The file was not changed.`
    : 'Move the file away, or put a backup in its place. The file was not changed.'
}

/** The database is missing or empty, although it was used before. Nothing was created or changed. */
export class DatabaseMissingError extends DataDirError {
  static readonly code = 'ERR_DATADIR_DATABASE_MISSING'
  readonly code = DatabaseMissingError.code
  /** The database file. */
  readonly path: string
  /**
   * The files which show that the database was used before: the paths of backups, of a log with content, of the
   * checkpoint record.
   */
  readonly traces: readonly string[]
  /** The newest backup that passes `quick_check`; undefined if there is none, or if there was no search. */
  readonly newestBackup: Backup | undefined

  constructor(path: string, traces: readonly string[], newestBackup?: Backup) {
    super(`${path} is missing or empty, but it was used before (${traces.join(', ')}).`, {
      remedy: newestBackup
        ? `Put the file back, or restore the newest good backup, ${newestBackup.path}. Nothing was changed.`
        : 'Put the file back. To start without it, move away the files that are named here. Nothing was changed.',
    })
    this.path = path
    this.traces = traces
    this.newestBackup = newestBackup
  }
}

/**
 * Why a database and its write-ahead log do not belong together: the database was replaced before the log was moved into
 * it, the log was replaced, or a log with changes is gone.
 */
export type DatabaseMismatch = 'database-replaced' | 'log-replaced' | 'log-missing'

/** The database and its write-ahead log do not belong together. Neither was changed, and SQLite has opened neither. */
export class DatabaseMismatchError extends DataDirError {
  static readonly code = 'ERR_DATADIR_DATABASE_MISMATCH'
  readonly code = DatabaseMismatchError.code
  /** The database file. */
  readonly path: string
  /** Why they do not belong together. */
  readonly mismatch: DatabaseMismatch
  /** The newest backup that passes `quick_check`; undefined if there is none, or if there was no search. */
  readonly newestBackup: Backup | undefined

  constructor(path: string, mismatch: DatabaseMismatch, newestBackup?: Backup) {
    super(`${path} and its write-ahead log do not belong together: ${mismatches[mismatch]}.`, {
      remedy:
        'Put back the file that belongs to the other one, or open the database without the log: ' +
        "`onDamaged: () => 'use-database'` sets the log aside. Neither file was changed.",
    })
    this.path = path
    this.mismatch = mismatch
    this.newestBackup = newestBackup
  }
}

const mismatches: Readonly<Record<DatabaseMismatch, string>> = {
  'database-replaced': 'the database was replaced after the process that used it had ended',
  'log-replaced': 'the log was replaced after the process that used it had ended',
  'log-missing': 'the log had changes that were not in the database yet, and it is gone',
}

/**
 * The database has more than one name, or its name leads to another directory. Two data directories could then own the
 * same file. It was not opened.
 */
export class DatabaseLinkedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_DATABASE_LINKED'
  readonly code = DatabaseLinkedError.code
  /** The file that is a link, or that has another name: the database, its log or its shared memory. */
  readonly path: string
  /** Whether `path` is a symbolic link, or a file with several names. */
  readonly link: 'symbolic' | 'hard'
  /** Where a symbolic link leads; undefined for a hard link, because the system does not list its other names. */
  readonly target: string | undefined

  constructor(path: string, link: 'symbolic' | 'hard', target?: string) {
    super(
      link === 'symbolic'
        ? `${path} is a symbolic link to ${target}.`
        : `${path} has another name elsewhere (a hard link).`,
      {
        remedy:
          link === 'symbolic'
            ? 'Close every app that uses it. Then move the real file and the files next to it (-wal, -shm) here in place of ' +
              'the link, or use their folder as the data directory. A link to a whole folder is allowed.'
            : 'Close every app that uses it. Then put a copy of the file in its place, so that it has one name only.',
      },
    )
    this.path = path
    this.link = link
    this.target = target
  }
}

/** What happened to a file of an open database. */
export type ReplacedFate = 'removed' | 'replaced' | 'overwritten'

/**
 * The database, its log or its shared memory was removed, replaced or overwritten while this process had it open. From
 * then on the pool refuses every write, and nothing is written to the files under those paths.
 */
export class DatabaseReplacedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_DATABASE_REPLACED'
  readonly code = DatabaseReplacedError.code
  /** The file that is no longer the one that was opened. */
  readonly path: string
  /** What happened to it. */
  readonly what: ReplacedFate
  /**
   * Resolves to the path of the file to which the content of the open files was saved: `NAME.rescued-TIME.db`, a
   * database that can be restored, or `NAME.rescued-TIME.wal`, the log, if the database was overwritten. Resolves to
   * undefined if nothing could be saved. Never rejects.
   */
  readonly rescue: Promise<string | undefined>

  constructor(path: string, what: ReplacedFate, rescue: Promise<string | undefined>) {
    super(`${path} was ${what} while this process had it open.`, {
      remedy:
        'Quit the app, because nothing is saved from now on. The content of the open files is copied to a file next to ' +
        'the database, with `.rescued-` in its name.',
    })
    this.path = path
    this.what = what
    this.rescue = rescue
    // The promise is not useful in a log, or when two errors are compared.
    Object.defineProperty(this, 'rescue', { enumerable: false })
  }
}

/** Why a database cannot be opened: a problem that SQLite or the system reported, or `failed` for another reason. */
export type DatabaseOpenReason = FailureKind | 'failed'

/** The database cannot be opened, for a reason that SQLite or the system gives. */
export class DatabaseOpenError extends DataDirError {
  static readonly code = 'ERR_DATADIR_DATABASE_OPEN'
  readonly code = DatabaseOpenError.code
  /** The database file. */
  readonly path: string
  /** Why, for a program. The error of SQLite or of the system is the `cause`. */
  readonly reason: DatabaseOpenReason
  /** The process that keeps it locked, if the reason is `busy` and the kernel names one (Linux). */
  readonly holder: Holder | undefined

  constructor(path: string, cause: unknown, facts: FailureFacts = factsIn(cause)) {
    const { failure, holder } = facts
    super(`${path} cannot be opened: ${causeInWords(failure, cause, path)}.`, {
      remedy: failure?.remedy ?? 'Check that the file and its folder can be read and written.',
      cause,
    })
    this.path = path
    this.reason = failure?.kind ?? 'failed'
    this.holder = holder
  }
}

/** The database was migrated by a newer version of the app. It was not changed. */
export class DatabaseNewerError extends DataDirError {
  static readonly code = 'ERR_DATADIR_DATABASE_NEWER'
  readonly code = DatabaseNewerError.code
  /** The database file. */
  readonly path: string
  /** The migrations that this version does not have, in the order in which they ran. */
  readonly unknownMigrations: readonly string[]
  /** The newest good backup that this version can open; undefined if there is none, or if there was no search. */
  readonly newestBackup: Backup | undefined

  constructor(path: string, unknownMigrations: readonly string[], newestBackup?: Backup) {
    super(`${path} was written by a newer version of this app (${unknownMigrations.join(', ')}).`, {
      remedy: newestBackup
        ? `Update the app. The newest backup that this version can open is ${newestBackup.path}. The file was not changed.`
        : 'Update the app, or choose another data directory. The file was not changed.',
    })
    this.path = path
    this.unknownMigrations = unknownMigrations
    this.newestBackup = newestBackup
  }
}

/** A migration threw. Its changes were rolled back. The migrations before it stay. */
export class MigrationFailedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_MIGRATION_FAILED'
  readonly code = MigrationFailedError.code
  /** The database file. */
  readonly path: string
  /** The migration that failed, if Kysely names one. */
  readonly migration: string | undefined
  /** A backup from before the first migration of this run; undefined if the database was new, or if none is kept. */
  readonly backupPath: string | undefined

  /** The process that kept the database locked, if that was the reason and the kernel names one (Linux). */
  readonly holder: Holder | undefined

  constructor(path: string, migration: string | undefined, backupPath: string | undefined, cause: unknown) {
    const { failure, holder } = factsIn(cause)
    const name = migration === undefined ? 'a migration' : `migration ${migration}`
    const why = causeInWords(failure, cause, path)
    const backup = backupPath === undefined ? '' : ` The backup from before the migrations is ${backupPath}.`
    super(`${path} could not be brought up to date: ${name} failed (${why}) and was undone.${backup}`, {
      remedy: failure?.remedy ?? 'Report this to the developers of the app.',
      cause,
    })
    this.path = path
    this.migration = migration
    this.backupPath = backupPath
    this.holder = holder
  }
}

/** The migrations of the app do not continue those that have run in the database. The database was not changed. */
export class MigrationOrderError extends DataDirError {
  static readonly code = 'ERR_DATADIR_MIGRATION_ORDER'
  readonly code = MigrationOrderError.code
  /** The database file. */
  readonly path: string
  /** The migration that has run in the database at this position. */
  readonly made: string
  /** The migration that the app has at the same position. */
  readonly expected: string

  constructor(path: string, made: string, expected: string) {
    super(`Migration ${made} has run in ${path}, but this app has ${expected} at the same position.`, {
      remedy: `Rename ${expected}: the name of a new migration must sort after all released ones.`,
    })
    this.path = path
    this.made = made
    this.expected = expected
  }
}

/** Opening was canceled. A migration that was running was undone. The migrations before it stay. */
export class MigrationAbortedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_MIGRATION_ABORTED'
  readonly code = MigrationAbortedError.code
  /** The database file. */
  readonly path: string

  constructor(path: string, cause: unknown) {
    super(`${path} was not opened, because the open was canceled.`, {
      remedy: 'Open it again when you need it. The migrations then continue where they stopped.',
      cause,
    })
    this.path = path
  }
}

/** The SQLite that the app was built with can damage a database in WAL mode. Nothing was opened. */
export class SqliteTooOldError extends DataDirError {
  static readonly code = 'ERR_DATADIR_SQLITE_TOO_OLD'
  readonly code = SqliteTooOldError.code
  /** The version of the SQLite that better-sqlite3 was built with. */
  readonly version: string
  /** The oldest version that has the fix. */
  readonly oldest: string

  constructor(version: string, oldest: string) {
    super(`This app has SQLite ${version}, which can damage a database in WAL mode.`, {
      remedy: `Build the app with a better-sqlite3 that has SQLite ${oldest} or newer.`,
    })
    this.version = version
    this.oldest = oldest
  }
}

/**
 * Stops an open between two of its steps.
 *
 * @throws {MigrationAbortedError} when the signal has aborted.
 */
export function throwIfCanceled(path: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new MigrationAbortedError(path, signal.reason)
}
