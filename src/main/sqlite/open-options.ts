import type { OptionCheck, OptionChecks } from '../../shared/check-options.ts'
import {
  callback,
  either,
  oneOf,
  plainObject,
  trueOrFalse,
  wholeNumberFrom,
} from '../../shared/option-kinds.ts'
import type { KeepBackups } from './backup/kept-backups.ts'
import type { OnDamaged } from './damaged.ts'
import type { MigrationProgress, Migrations } from './migrations/migrations.ts'
import type { OnBackupFailed } from './migrations/migrations-backup.ts'

/** How a database is opened and looked after. */
export interface OpenOptions {
  /** Kysely migrations by name, run on open. Default none. */
  readonly migrations?: Migrations
  /**
   * Called before each pending migration, and after the last. While the backup before the migrations is made, it is
   * called with the number of bytes. If it throws, the open fails with that error.
   */
  readonly onMigrationProgress?: (progress: MigrationProgress) => void
  /**
   * How many of the backups that are made before migrations are kept, and how many of those that `backupEvery` asks
   * for: a number, or `{ count, bytes }`. With 0 none is made. Default 3.
   */
  readonly keepBackups?: KeepBackups
  /**
   * Decides what to do when the backup before the migrations cannot be made, for instance because the disk is full. If
   * it throws, the open fails with that error. Default: the open fails.
   */
  readonly onBackupFailed?: OnBackupFailed
  /**
   * Makes a backup whenever the newest one is older than this many milliseconds, for instance 86 400 000 for a day. It
   * is made while the app does not write, and does not delay writes that come meanwhile. If it cannot be made, that is
   * a warning (`onWarning`). Default: none.
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

/** Whole numbers, so that a misspelt name is found too. */
const backupLimits: OptionCheck = {
  allowed: 'an object with count and bytes, both whole numbers',
  accepts: (value) =>
    plainObject.accepts(value) &&
    Object.entries(value as object).every(
      ([name, limit]) => (name === 'count' || name === 'bytes') && backupCount.accepts(limit),
    ),
}

export const openOptionChecks: OptionChecks<Omit<OpenOptions, 'signal'>> = {
  migrations: plainObject,
  onMigrationProgress: callback,
  keepBackups: either(backupCount, backupLimits),
  onBackupFailed: callback,
  backupEvery: wholeNumberFrom(1, 'milliseconds'),
  onDamaged: either(oneOf('keep', 'restore'), callback),
  checkOnOpen: trueOrFalse,
}
