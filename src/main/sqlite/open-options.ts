import type { OnDamaged } from './damaged.ts'
import type { MigrationProgress, Migrations } from './migrations.ts'

/** How a database is opened and looked after. */
export interface OpenOptions {
  /** Kysely migrations by name, run on open. Default none. */
  readonly migrations?: Migrations
  /** Called before each pending migration, and after the last. What it throws ends the open, with that error. */
  readonly onMigrationProgress?: (progress: MigrationProgress) => void
  /** How many of the backups that are made before migrations are kept; with 0 none is made. Default 3. */
  readonly keepBackups?: number
  /**
   * What becomes of a damaged database of which there is a good backup. What a function throws ends the open, with that
   * error. Default `keep`.
   */
  readonly onDamaged?: OnDamaged
  /** Checks the whole database before it is used, which takes as long as reading the file. Default false. */
  readonly checkOnOpen?: boolean
  /**
   * Cancels the opening at its next step: the migration that runs is undone, what was taken is released. If it has
   * aborted before, nothing is touched.
   */
  readonly signal?: AbortSignal
}
