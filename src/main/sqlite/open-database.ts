import type { Kysely } from 'kysely'
import type { DataDirWarning, OnWarning } from '../../shared/data-dir-warning.ts'
import { warn } from '../lock/directory-checks.ts'
import { type BackupTasks, inlineBackupTasks } from './backup-task.ts'
import { threadedBackupTasks } from './backup-thread.ts'
import { isBusy } from './busy-wait.ts'
import { throwIfCanceled } from './canceled.ts'
import { openOrRestore } from './damaged.ts'
import { DatabasePool } from './database-pool.ts'
import { migrate } from './migrations.ts'
import { backUpBeforeMigration } from './migrations-backup.ts'
import { backupErrorFor, CallbackErrors, type OnBusy, openErrorFor, retryWhileBusy } from './open-failures.ts'
import type { OpenOptions } from './open-options.ts'
import { kyselyOn } from './pool-dialect.ts'
import type { PoolSettings } from './pool-options.ts'
import { QueryLog } from './query-log.ts'
import { sqliteThreadFile } from './sqlite-thread-file.ts'
import type { QuerySurroundings } from './typed-queries.ts'

/** What only callers inside this package give. */
export interface InternalOpenOptions extends OpenOptions {
  readonly onBusy?: OnBusy
  readonly onWarning?: OnWarning
}

export interface OpenDatabase<Schema> {
  readonly db: Kysely<Schema>
  readonly pool: DatabasePool
  /** What `db` was created with, for other Kysely objects of the same kind. */
  readonly surroundings: QuerySurroundings
}

/**
 * Opens a database (created where missing), checks it, sets its pragmas and migrates it; then the readers start.
 * Until the checks have passed nothing is written.
 *
 * The caller holds the data directory's lock, or chose to go without.
 *
 * @throws {SqliteTooOldError} {NotADatabaseError} {DatabaseNewerError} {DatabaseOpenError} {BackupFailedError}
 * {MigrationOrderError} {MigrationFailedError} {MigrationAbortedError} {WorkerLostError}, and whatever a callback of
 * the options throws. Everything is closed before it throws.
 */
export async function openDatabase<Schema>(
  path: string,
  settings: PoolSettings,
  options: InternalOpenOptions,
): Promise<OpenDatabase<Schema>> {
  const callbacks = new CallbackErrors()
  const { onMigrationProgress, onDamaged } = options
  const watched = {
    ...options,
    ...(onMigrationProgress && { onMigrationProgress: callbacks.watch(onMigrationProgress) }),
    ...(typeof onDamaged === 'function' && { onDamaged: callbacks.watch(onDamaged) }),
  }
  try {
    const opened = await retryWhileBusy(options.onBusy, () => openOnce<Schema>(path, settings, watched))
    if (!opened.pool.hasReaders) warn(withoutSharedMemory(path), options.onWarning)
    return opened
  } catch (error) {
    throw openErrorFor(path, error, callbacks)
  }
}

function withoutSharedMemory(path: string): DataDirWarning {
  return {
    code: 'DATADIR_NO_SHARED_MEMORY',
    message:
      `${path} is on a filesystem without shared memory: the database has one connection, so that reads and writes ` +
      'wait for each other, and a stream reads its whole result first. Use a folder on a local disk.',
    path,
  }
}

function openOnce<Schema>(
  path: string,
  settings: PoolSettings,
  options: OpenOptions,
): Promise<OpenDatabase<Schema>> {
  const tasks: BackupTasks =
    settings.mode === 'inline' ? inlineBackupTasks : threadedBackupTasks(sqliteThreadFile)
  const { onDamaged = 'keep', signal } = options
  const migrations = Object.keys(options.migrations ?? {})
  const open = async () => {
    const pool = await DatabasePool.open(path, migrations, settings)
    const { plugins, log } = settings
    const surroundings = { plugins, log: log && new QueryLog(log) }
    try {
      throwIfCanceled(path, signal)
      const db = kyselyOn<Schema>(pool, surroundings)
      await bringUpToDate(kyselyOn<Schema>(pool, { ...surroundings, isForMigrations: true }), pool, options)
      throwIfCanceled(path, signal)
      pool.startReaders()
      return { db, pool, surroundings }
    } catch (error) {
      await pool.close()
      throw error
    }
  }
  return openOrRestore(path, { onDamaged, tasks, migrations, signal }, open)
}

async function bringUpToDate<Schema>(
  db: Kysely<Schema>,
  pool: DatabasePool,
  { migrations = {}, keepBackups, checkOnOpen, onMigrationProgress, signal }: OpenOptions,
): Promise<void> {
  const { path } = pool
  const housekeeping = await pool.housekeeping()
  if (checkOnOpen) await housekeeping.quickCheck()
  throwIfCanceled(path, signal)
  const backUp = async (to: string) => {
    try {
      await housekeeping.backup(path, to, { ...(signal && { signal }) })
    } catch (error) {
      throwIfCanceled(path, signal)
      throw error
    }
  }
  await migrate(db, path, migrations, {
    backUp: async (first, on) => {
      try {
        return await backUpBeforeMigration(on, path, first, backUp, keepBackups)
      } catch (error) {
        throw backupErrorFor(path, error)
      }
    },
    ...(onMigrationProgress && { onProgress: onMigrationProgress }),
    ...(signal && { signal }),
  })
  // What a migration did to the tables may want other statistics: sqlite.org/lang_analyze.html#pragma_optimize.
  throwIfCanceled(path, signal)
  await housekeeping.optimize().catch((error: unknown) => {
    // Another program writes. The statistics can wait.
    if (!isBusy(error)) throw error
  })
}
