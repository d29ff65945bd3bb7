import type { OptionChecks } from '../../shared/check-options.ts'
import type { DataDirError } from '../../shared/data-dir-error.ts'
import type { OnWarning } from '../../shared/data-dir-warning.ts'
import {
  callback,
  either,
  kind,
  oneOf,
  plainObject,
  trueOrFalse,
  wholeNumberFrom,
} from '../../shared/option-kinds.ts'
import type { KeepBackups } from './backup/backup-folder.ts'
import type { OnDamaged } from './damaged.ts'
import type { MigrationProgress, Migrations } from './migrations/migrations.ts'
import type { OnBackupFailed } from './migrations/migrations-backup.ts'

/** How a database is opened and maintained. */
export interface OpenOptions {
  /** Kysely migrations by name. They run when the database is opened. Default none. */
  readonly migrations?: Migrations
  /**
   * Called before each pending migration, and after the last. While the backup before the migrations is made, it is
   * called with the number of bytes. If it throws, the open fails with that error.
   */
  readonly onMigrationProgress?: (progress: MigrationProgress) => void
  /**
   * How many backups of each kind are kept: those before migrations, and those that `backupEvery` makes. A number, or
   * `{ count, bytes }`. With 0, no backup is made. Default 3.
   */
  readonly keepBackups?: KeepBackups
  /**
   * Decides what to do when the backup before the migrations cannot be made, for example because the disk is full. If
   * it throws, the open fails with that error. Default: the open fails.
   */
  readonly onBackupFailed?: OnBackupFailed
  /**
   * Makes a backup whenever the newest one is older than this many milliseconds, for example 86 400 000 for a day. The
   * backup is made while the app does not write, and it does not delay writes. If it cannot be made, `onWarning` is
   * called. Default: no such backups.
   */
  readonly backupEvery?: number
  /**
   * What to do with a database that cannot be opened as it is. If a function throws, the open fails with that error.
   * Default `keep`.
   */
  readonly onDamaged?: OnDamaged
  /**
   * Checks the whole database before it is used, which takes as long as reading the file. Default false. A database that
   * was found damaged in an earlier run (`NAME.db-check`) is checked in any case.
   */
  readonly checkOnOpen?: boolean
  /**
   * Cancels the open at its next step. The running migration is undone, and the database and the lock are released. If
   * the signal aborted before the call, nothing is touched.
   */
  readonly signal?: AbortSignal
}

const backupCount = wholeNumberFrom(0, 'backups')

/** The names are checked too, so that a misspelled one is found. */
const backupLimits = kind(
  'an object with count and bytes, both whole numbers',
  (value) =>
    plainObject.accepts(value) &&
    Object.entries(value as object).every(
      ([name, limit]) => (name === 'count' || name === 'bytes') && backupCount.accepts(limit),
    ),
)

export const openOptionChecks: OptionChecks<Omit<OpenOptions, 'signal'>> = {
  migrations: plainObject,
  onMigrationProgress: callback,
  keepBackups: either(backupCount, backupLimits),
  onBackupFailed: callback,
  backupEvery: wholeNumberFrom(1, 'milliseconds'),
  onDamaged: either(oneOf('keep', 'restore'), callback),
  checkOnOpen: trueOrFalse,
}

/**
 * Asks whether to try again when another program keeps the database locked. The lock of the data directory is held
 * meanwhile.
 */
export type OnBusy = (error: DataDirError) => Promise<boolean>

/** Options for callers inside this package. */
export interface InternalOpenOptions extends OpenOptions {
  /** Default: the open fails. */
  readonly onBusy?: OnBusy
  readonly onWarning?: OnWarning
  /**
   * Resolves when the app has shown its first window. Threads take processor time from the window when they start, so
   * until then this thread opens the database and answers short reads. Default: the threads start at once.
   */
  readonly quiet?: Promise<void>
  /** Called when the code that opens an existing database is loaded, and perhaps never if the open fails. */
  readonly onLoaded?: () => void
}
