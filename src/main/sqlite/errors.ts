import { DataDirError } from '../../shared/data-dir-error.ts'
import type { Backup } from './backup-folder.ts'

/** The file that should be the database is something else, or is damaged. It was not changed. */
export class NotADatabaseError extends DataDirError {
  readonly code = 'ERR_DATADIR_NOT_A_DATABASE'
  /** The database file. */
  readonly path: string
  /** The newest backup that passes `quick_check`; undefined where there is none, or was not looked for. */
  readonly newestBackup: Backup | undefined
  /** Whether only indexes are damaged, which can be rebuilt from the rows. False where that was not looked for. */
  readonly isIndexOnly: boolean

  constructor(path: string, cause: unknown, newestBackup?: Backup, isIndexOnly = false) {
    super(isIndexOnly ? `an index in ${path} is damaged.` : `${path} is not a database, or is damaged.`, {
      remedy: isIndexOnly ? rebuildRemedy : restoreRemedy(newestBackup),
      cause,
    })
    this.path = path
    this.newestBackup = newestBackup
    this.isIndexOnly = isIndexOnly
  }
}

const rebuildRemedy =
  "Open it with `onDamaged: 'restore'`, which rebuilds the index. Every row can be read. The file was left as it is."

function restoreRemedy(newestBackup: Backup | undefined): string {
  return newestBackup
    ? `It was left as it is. The newest good backup is ${newestBackup.path}.`
    : 'Move the file away, or put a backup in its place. It was left as it is.'
}

/** The database is missing or empty, although it was used before. Nothing was created or changed. */
export class DatabaseMissingError extends DataDirError {
  readonly code = 'ERR_DATADIR_DATABASE_MISSING'
  /** The database file. */
  readonly path: string
  /** What shows that it was used before: the paths of backups, of a log with content, of the checkpoint record. */
  readonly traces: readonly string[]
  /** The newest backup that passes `quick_check`; undefined where there is none, or was not looked for. */
  readonly newestBackup: Backup | undefined

  constructor(path: string, traces: readonly string[], newestBackup?: Backup) {
    super(`${path} is missing or empty, but it was used before (${traces.join(', ')}).`, {
      remedy: newestBackup
        ? `Put it back, or restore the newest good backup, ${newestBackup.path}. Nothing was changed.`
        : 'Put it back. To start without it, move the files that are named here away. Nothing was changed.',
    })
    this.path = path
    this.traces = traces
    this.newestBackup = newestBackup
  }
}

/**
 * How a database and its write-ahead log do not fit: the database was replaced while a log was waiting to be moved into
 * it, the log was replaced, or a log with changes is gone.
 */
export type DatabaseMismatch = 'database-replaced' | 'log-replaced' | 'log-missing'

/** The database and its write-ahead log do not belong together. Neither was changed, and SQLite has opened neither. */
export class DatabaseMismatchError extends DataDirError {
  readonly code = 'ERR_DATADIR_DATABASE_MISMATCH'
  /** The database file. */
  readonly path: string
  /** What does not fit. */
  readonly mismatch: DatabaseMismatch
  /** The newest backup that passes `quick_check`; undefined where there is none, or was not looked for. */
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

/** The database cannot be opened, for a reason SQLite gives. */
export class DatabaseOpenError extends DataDirError {
  readonly code = 'ERR_DATADIR_DATABASE_OPEN'
  /** The database file. */
  readonly path: string

  constructor(path: string, cause: Error) {
    super(`${path} cannot be opened: ${cause.message}.`, {
      remedy: 'Check that the file and its folder can be read and written.',
      cause,
    })
    this.path = path
  }
}

/** The database was migrated by a newer version of the app. It was not changed. */
export class DatabaseNewerError extends DataDirError {
  readonly code = 'ERR_DATADIR_DATABASE_NEWER'
  /** The database file. */
  readonly path: string
  /** The migrations this version does not know, in the order they were made. */
  readonly unknownMigrations: readonly string[]
  /** The newest good backup that this version can open; undefined where there is none, or was not looked for. */
  readonly newestBackup: Backup | undefined

  constructor(path: string, unknownMigrations: readonly string[], newestBackup?: Backup) {
    super(`${path} was written by a newer version of this app (${unknownMigrations.join(', ')}).`, {
      remedy: newestBackup
        ? `Update the app. The newest backup that this version can open is ${newestBackup.path}. The file was left as it is.`
        : 'Update the app, or choose another data directory. The file was left as it is.',
    })
    this.path = path
    this.unknownMigrations = unknownMigrations
    this.newestBackup = newestBackup
  }
}

/** A migration threw. What it did was rolled back; migrations that were done before it stay. */
export class MigrationFailedError extends DataDirError {
  readonly code = 'ERR_DATADIR_MIGRATION_FAILED'
  /** The database file. */
  readonly path: string
  /** The migration that failed, where Kysely names one. */
  readonly migration: string | undefined
  /** The database as it was before the first migration of this run; undefined where it was new, or keeps none. */
  readonly backupPath: string | undefined

  constructor(path: string, migration: string | undefined, backupPath: string | undefined, cause: unknown) {
    const name = migration === undefined ? 'a migration' : `migration ${migration}`
    const why = cause instanceof Error ? cause.message : String(cause)
    const backup = backupPath === undefined ? '' : ` A backup from before is ${backupPath}.`
    super(`${path} could not be brought up to date: ${name} failed (${why}) and was undone.${backup}`, {
      remedy: 'Report this to the makers of the app.',
      cause,
    })
    this.path = path
    this.migration = migration
    this.backupPath = backupPath
  }
}

/** The migrations of the app do not continue those the database has gone through. It was not changed. */
export class MigrationOrderError extends DataDirError {
  readonly code = 'ERR_DATADIR_MIGRATION_ORDER'
  /** The database file. */
  readonly path: string
  /** The migration the database has gone through in this place. */
  readonly made: string
  /** The migration that the app has there. */
  readonly expected: string

  constructor(path: string, made: string, expected: string) {
    super(`${path} has gone through migration ${made} where this app has ${expected}.`, {
      remedy: `Give new migrations names that sort after all released ones: rename ${expected}.`,
    })
    this.path = path
    this.made = made
    this.expected = expected
  }
}

/** Opening was canceled. A migration that was running was undone; the migrations before it stay. */
export class MigrationAbortedError extends DataDirError {
  readonly code = 'ERR_DATADIR_MIGRATION_ABORTED'
  /** The database file. */
  readonly path: string

  constructor(path: string, cause: unknown) {
    super(`${path} was not opened: opening it was canceled.`, {
      remedy: 'Open it again when you need it. The migrations then continue where they stopped.',
      cause,
    })
    this.path = path
  }
}

/** The SQLite that the app was built with can damage a database in WAL mode. Nothing was opened. */
export class SqliteTooOldError extends DataDirError {
  readonly code = 'ERR_DATADIR_SQLITE_TOO_OLD'
  /** The version of the SQLite that better-sqlite3 was built with. */
  readonly version: string
  /** The first version that will do. */
  readonly oldest: string

  constructor(version: string, oldest: string) {
    super(`This app has SQLite ${version}, which can damage a database in WAL mode.`, {
      remedy: `Build the app with a better-sqlite3 that has SQLite ${oldest} or newer.`,
    })
    this.version = version
    this.oldest = oldest
  }
}
