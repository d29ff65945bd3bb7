import { resolve } from 'node:path'
import { checkOptions } from '../../shared/check-options.ts'
import { emitProcessWarning } from '../directory/warnings.ts'
import { betterSqlite3 } from '../runtime/better-sqlite3.ts'
import { rawPool } from './adapters/raw-queries.ts'
import type { BackupOptions } from './backup/backup.ts'
import { throwIfCanceled } from './errors/open-errors.ts'
import { finishOpening } from './finish-opening.ts'
import { kyselyOn } from './kysely/dialect.ts'
import { QueryLog } from './kysely/executor.ts'
import { type Query, runBatch, runQuery } from './kysely/typed-queries.ts'
import { type QueryLimits, queryLimitChecks } from './links/query-limits.ts'
import { resolvedSetup } from './open/connection-options.ts'
import { type EarlyConnection, openEarly } from './open/open-early.ts'
import type { Opening } from './open-database.ts'
import type { InternalOpenOptions } from './open-options.ts'
import { ConnectionPool } from './scheduling/connection-pool.ts'
import type { PoolSettings } from './scheduling/pool-options.ts'
import { poolStats } from './scheduling/pool-stats.ts'
import { threadedFileTasks } from './thread/file-task-thread.ts'
import { sqliteThreadFile } from './thread/sqlite-thread-file.ts'

/** What all handles of one open database share. */
export type OpenPool = Awaited<ReturnType<typeof openPool>>

/**
 * Opens the database of a data directory (created if missing), checks it, sets its pragmas and migrates it. Then the
 * readers start. Nothing is written until the checks have passed.
 *
 * The caller holds the data directory's lock, or chose to go without.
 *
 * @returns the methods of a pool, and `refuseWrites`.
 * @throws {NativeModuleError} {InvalidOptionError} before anything is touched.
 * @throws {SqliteTooOldError} {NotADatabaseError} {DatabaseNewerError} {DatabaseOpenError} {BackupFailedError}
 * {ConnectionSetupError} {DatabaseKeyError} {MigrationOrderError} {MigrationFailedError} {MigrationAbortedError} {WorkerLostError}, and whatever a callback of
 * the options throws. Everything is closed before it throws.
 */
export async function openPool(
  dir: string,
  databasePath: string,
  settings: PoolSettings,
  options: InternalOpenOptions,
) {
  const setup = resolvedSetup(settings.setup, databasePath)
  betterSqlite3(setup.driver)
  const { plugins, log } = settings
  const surroundings = { plugins, log: log && new QueryLog(log) }
  const opening = { path: databasePath, settings: { ...settings, setup }, surroundings, options }
  const pool = await open(opening)
  const db = kyselyOn<unknown>(pool, surroundings)
  return {
    db,
    dir,
    databasePath,
    query: <Output>(query: Query<Output>, limits: QueryLimits = {}) => runQuery(db, query, limits),
    batch: <const Queries extends readonly Query[]>(queries: Queries, limits: QueryLimits = {}) =>
      runBatch(db, queries, limits),
    within(limits: QueryLimits) {
      checkOptions('within', limits, queryLimitChecks)
      return kyselyOn<unknown>(pool, { ...surroundings, limits })
    },
    ...rawPool(pool.scheduler, surroundings.log),
    stats: () => poolStats(pool.scheduler),
    async backup(to: string, how?: BackupOptions) {
      const { refuseOwnFiles } = await import('./backup/backup-target.ts')
      refuseOwnFiles(databasePath, resolve(to))
      return (await pool.housekeeping()).backup(resolve(to), how)
    },
    /** From now on every write fails. Reads still work. */
    refuseWrites: () => pool.scheduler.refuseWrites(),
  }
}

/** Opens an existing database for an app that starts. The threads start when the app has shown its window. */
async function open(opening: Omit<Opening, 'takeEarly'>): Promise<ConnectionPool> {
  let early = await tryEarly(opening)
  opening.options.onLoaded?.()
  if (early?.isUpToDate) return await openAround(early, opening)
  const takeEarly = () => {
    const taken = early
    early = undefined
    return taken
  }
  try {
    // An app whose database is up to date starts without this code.
    const { openDatabase } = await import('./open-database.ts')
    return await openDatabase({ ...opening, takeEarly })
  } finally {
    // Only if the code could not be loaded.
    early?.connection.close()
    early?.files.close()
  }
}

async function tryEarly({
  path,
  settings: { mode, setup },
  options: { quiet, checkOnOpen, migrations = {} },
}: Omit<Opening, 'takeEarly'>): Promise<EarlyConnection | undefined> {
  // A full check takes long. Without threads nothing takes the database over from the early connection.
  if (!quiet || checkOnOpen || mode === 'inline') return undefined
  // A missing file is an error of the open, not of a later query.
  sqliteThreadFile()
  return await openEarly(path, Object.keys(migrations), setup)
}

/** Lets the pool use an early connection until the app has shown its window. */
async function openAround(
  early: EarlyConnection,
  { path, settings, options }: Omit<Opening, 'takeEarly'>,
): Promise<ConnectionPool> {
  const { migrations = {}, backupEvery: every, keepBackups: keep, signal, quiet } = options
  const { onWarning = emitProcessWarning } = options
  const pool = await ConnectionPool.open(path, Object.keys(migrations), settings, undefined, early)
  try {
    throwIfCanceled(path, signal)
    // The app's next query starts a thread again that could not be started.
    void quiet?.then(() => finishOpening(pool, options)).catch(() => undefined)
    const { copy } = threadedFileTasks(sqliteThreadFile, settings.setup)
    if (every !== undefined) pool.scheduleBackups({ every, keep, copy, onWarning })
    return pool
  } catch (error) {
    await pool.close()
    throw error
  }
}
