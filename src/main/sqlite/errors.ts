import { DataDirError } from '../../shared/data-dir-error.ts'
import type { Backup } from './backup-folder.ts'

/** The file that should be the database is something else, or is damaged. It was not changed. */
export class NotADatabaseError extends DataDirError {
  readonly code = 'ERR_DATADIR_NOT_A_DATABASE'
  /** The database file. */
  readonly path: string
  /** The newest backup that passes `quick_check`; undefined where there is none, or was not looked for. */
  readonly newestBackup: Backup | undefined

  constructor(path: string, cause: unknown, newestBackup?: Backup) {
    super(`${path} is not a database, or is damaged.`, {
      remedy: newestBackup
        ? `It was left as it is. The newest good backup is ${newestBackup.path}.`
        : 'Move the file away, or put a backup in its place. It was left as it is.',
      cause,
    })
    this.path = path
    this.newestBackup = newestBackup
  }
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

  constructor(path: string, unknownMigrations: readonly string[]) {
    super(`${path} was written by a newer version of this app (${unknownMigrations.join(', ')}).`, {
      remedy: 'Update the app, or choose another data directory. The file was left as it is.',
    })
    this.path = path
    this.unknownMigrations = unknownMigrations
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
