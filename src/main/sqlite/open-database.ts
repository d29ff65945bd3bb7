import type { Kysely } from 'kysely'
import { type BackupTasks, inlineBackupTasks } from './backup-task.ts'
import { threadedBackupTasks } from './backup-thread.ts'
import { openOrRestore } from './damaged.ts'
import { DatabasePool } from './database-pool.ts'
import { migrate } from './migrations.ts'
import { backUpBeforeMigration } from './migrations-backup.ts'
import type { OpenOptions } from './open-options.ts'
import { kyselyOn } from './pool-dialect.ts'
import type { PoolSettings } from './pool-options.ts'
import { QueryLog } from './query-log.ts'
import { sqliteThreadFile } from './sqlite-thread-file.ts'
import type { QuerySurroundings } from './typed-queries.ts'

export interface OpenDatabase<Schema> {
  readonly db: Kysely<Schema>
  readonly pool: DatabasePool
  /** What `db` was made with, for others like it. */
  readonly surroundings: QuerySurroundings
}

/**
 * Opens a database (created where missing), checks it, sets its pragmas and migrates it; then the readers start.
 * Until the checks have passed nothing is written.
 *
 * The caller holds the data directory's lock, or chose to go without.
 *
 * @throws {SqliteTooOldError} {NotADatabaseError} {DatabaseNewerError} {DatabaseOpenError} {BackupFailedError}
 * {MigrationOrderError} {MigrationFailedError} {MigrationAbortedError}; everything is closed then.
 */
export function openDatabase<Schema>(
  path: string,
  settings: PoolSettings,
  options: OpenOptions,
): Promise<OpenDatabase<Schema>> {
  const tasks: BackupTasks =
    settings.mode === 'inline' ? inlineBackupTasks : threadedBackupTasks(sqliteThreadFile)
  return openOrRestore(path, options.onDamaged ?? 'keep', tasks, async () => {
    const pool = await DatabasePool.open(path, Object.keys(options.migrations ?? {}), settings)
    const { plugins, log } = settings
    const surroundings = { plugins, log: log && new QueryLog(log) }
    try {
      const db = kyselyOn<Schema>(pool, surroundings)
      await bringUpToDate(kyselyOn<Schema>(pool, { ...surroundings, isForMigrations: true }), pool, options)
      pool.startReaders()
      return { db, pool, surroundings }
    } catch (error) {
      await pool.close()
      throw error
    }
  })
}

async function bringUpToDate<Schema>(
  db: Kysely<Schema>,
  pool: DatabasePool,
  { migrations = {}, keepBackups, checkOnOpen, onMigrationProgress, signal }: OpenOptions,
): Promise<void> {
  const { path } = pool
  const housekeeping = await pool.housekeeping()
  if (checkOnOpen) await housekeeping.quickCheck()
  const backUp = (to: string) => housekeeping.backup(path, to, { ...(signal && { signal }) })
  await migrate(db, path, migrations, {
    backUp: (first, on) => backUpBeforeMigration(on, path, first, backUp, keepBackups),
    ...(onMigrationProgress && { onProgress: onMigrationProgress }),
    ...(signal && { signal }),
  })
  // What a migration did to the tables may want other statistics: sqlite.org/lang_analyze.html#pragma_optimize.
  await housekeeping.optimize()
}
