import { resolve } from 'node:path'
import { checkOptions } from '../../shared/check-options.ts'
import { betterSqlite3 } from '../runtime/better-sqlite3.ts'
import { refuseOwnFiles } from './backup/backup-target.ts'
import { kyselyOn } from './kysely/pool-dialect.ts'
import { runBatch, runQuery } from './kysely/typed-queries.ts'
import { queryLimitChecks } from './links/query-limits.ts'
import { type InternalOpenOptions, openDatabase } from './open-database.ts'
import type { Pool } from './pool.ts'
import type { PoolSettings } from './scheduling/pool-options.ts'
import { poolStats } from './scheduling/pool-stats.ts'

/** What all handles of one open database share. */
export type SharedPool = Omit<Pool<unknown>, 'close' | typeof Symbol.asyncDispose>

/** A pool as its owner inside the process has it. */
export interface OpenPool extends SharedPool {
  /** From now on every write fails; reads go on. */
  refuseWrites(): void
}

/**
 * Opens the database of a data directory and puts the pool's public face on it.
 *
 * @throws {NativeModuleError} before anything is touched, and everything {@link openDatabase} throws.
 */
export async function openPool(
  dir: string,
  databasePath: string,
  settings: PoolSettings,
  options: InternalOpenOptions,
): Promise<OpenPool> {
  betterSqlite3()
  const { db, pool, surroundings } = await openDatabase<unknown>(databasePath, settings, options)
  return {
    db,
    dir,
    databasePath,
    query: (query, limits = {}) => runQuery(pool, surroundings, query, limits),
    batch: (queries, limits = {}) => runBatch(pool, surroundings, queries, limits),
    within(limits) {
      checkOptions('within', limits, queryLimitChecks)
      return kyselyOn(pool, { ...surroundings, limits })
    },
    stats: () => poolStats(pool),
    async backup(to, how) {
      refuseOwnFiles(databasePath, resolve(to))
      return (await pool.housekeeping()).backup(databasePath, resolve(to), how)
    },
    refuseWrites: () => pool.refuseWrites(),
  }
}
