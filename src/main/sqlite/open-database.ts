import { type Kysely, sql } from 'kysely'
import { DatabasePool } from './database-pool.ts'
import { type Migrations, migrate } from './migrations.ts'
import { kyselyOn } from './pool-dialect.ts'
import type { PoolSettings } from './pool-options.ts'

export interface OpenDatabase<Schema> {
  readonly db: Kysely<Schema>
  readonly pool: DatabasePool
}

/**
 * Opens a database (created where missing), checks it, sets its pragmas and migrates it; then the readers start.
 * Until the checks have passed nothing is written.
 *
 * The caller holds the data directory's lock, or chose to go without.
 *
 * @throws {SqliteTooOldError} {NotADatabaseError} {DatabaseNewerError} {MigrationFailedError} {DatabaseOpenError};
 * everything is closed then.
 */
export async function openDatabase<Schema>(
  path: string,
  migrations: Migrations,
  settings: PoolSettings,
): Promise<OpenDatabase<Schema>> {
  const pool = await DatabasePool.open(path, Object.keys(migrations), settings)
  const db = kyselyOn<Schema>(pool)
  try {
    await migrate(db, path, migrations)
    // What a migration did to the tables may want other statistics: sqlite.org/lang_analyze.html#pragma_optimize.
    await sql`pragma optimize`.execute(db)
    pool.startReaders()
    return { db, pool }
  } catch (error) {
    await db.destroy()
    throw error
  }
}
