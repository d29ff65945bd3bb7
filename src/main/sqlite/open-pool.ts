import { resolve } from 'node:path'
import { checkOptions } from '../../shared/check-options.ts'
import { betterSqlite3 } from '../runtime/better-sqlite3.ts'
import type { BackupOptions } from './backup/backup.ts'
import { refuseOwnFiles } from './backup/backup-target.ts'
import { kyselyOn } from './kysely/pool-dialect.ts'
import { type Query, runBatch, runQuery } from './kysely/typed-queries.ts'
import { type QueryLimits, queryLimitChecks } from './links/query-limits.ts'
import { openDatabase } from './open-database.ts'
import type { InternalOpenOptions } from './open-options.ts'
import type { PoolSettings } from './scheduling/pool-options.ts'
import { poolStats } from './scheduling/pool-stats.ts'

/** What all handles of one open database share. */
export type OpenPool = Awaited<ReturnType<typeof openPool>>

/**
 * Opens the database of a data directory.
 *
 * @returns the methods of a pool, and `refuseWrites`.
 * @throws {NativeModuleError} before anything is touched, and everything {@link openDatabase} throws.
 */
export async function openPool(
  dir: string,
  databasePath: string,
  settings: PoolSettings,
  options: InternalOpenOptions,
) {
  betterSqlite3()
  const { db, pool, surroundings } = await openDatabase<unknown>(databasePath, settings, options)
  return {
    db,
    dir,
    databasePath,
    query: <Output>(query: Query<Output>, limits: QueryLimits = {}) =>
      runQuery(pool, surroundings, query, limits),
    batch: <const Queries extends readonly Query[]>(queries: Queries, limits: QueryLimits = {}) =>
      runBatch(pool, surroundings, queries, limits),
    within(limits: QueryLimits) {
      checkOptions('within', limits, queryLimitChecks)
      return kyselyOn<unknown>(pool, { ...surroundings, limits })
    },
    stats: () => poolStats(pool),
    async backup(to: string, options?: BackupOptions) {
      refuseOwnFiles(databasePath, resolve(to))
      return (await pool.housekeeping()).backup(databasePath, resolve(to), options)
    },
    /** From now on every write fails. Reads still work. */
    refuseWrites: () => pool.refuseWrites(),
  }
}
