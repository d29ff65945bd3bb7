import type { OnDamaged } from './damaged.ts'
import type { MigrationProgress, Migrations } from './migrations.ts'

/** How a database is opened and looked after. */
export interface OpenOptions {
  /** Kysely migrations by name, run on open. Default none. */
  readonly migrations?: Migrations
  /** Called before each pending migration, and after the last. If it throws, the open fails with that error. */
  readonly onMigrationProgress?: (progress: MigrationProgress) => void
  /** How many of the backups that are made before migrations are kept; with 0 none is made. Default 3. */
  readonly keepBackups?: number
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
