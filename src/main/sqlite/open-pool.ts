import { resolve } from 'node:path'
import { checkOptions } from '../../shared/check-options.ts'
import { DataDirError } from '../../shared/data-dir-error.ts'
import type { DataDirWarning, OnWarning } from '../../shared/data-dir-warning.ts'
import { systemFailureIn } from '../../shared/system-failure.ts'
import { emitProcessWarning, warn } from '../directory/warnings.ts'
import { betterSqlite3 } from '../runtime/better-sqlite3.ts'
import { rawPool } from './adapters/raw-queries.ts'
import type { BackupOptions } from './backup/backup.ts'
import { keptCount } from './backup/backup-folder.ts'
import { refuseOwnFiles } from './backup/backup-target.ts'
import { openOrRestore } from './damaged.ts'
import { BackupFailedError, NoBackupError } from './errors/backup-errors.ts'
import { factsOfOpening } from './errors/causes.ts'
import { DatabaseOpenError, throwIfCanceled } from './errors/open-errors.ts'
import { backupFolderOf } from './files/backup-files.ts'
import { isMarkedForCheck, removeCheckMark } from './files/check-mark.ts'
import { discardClone, newClonePath } from './housekeeping/clone-database.ts'
import type { HousekeepingClient } from './housekeeping/housekeeping-client.ts'
import { kyselyOn, TransactionalSqliteAdapter } from './kysely/dialect.ts'
import { QueryLog, type QuerySurroundings } from './kysely/executor.ts'
import { MigrationTables } from './kysely/migration-tables.ts'
import { type Query, runBatch, runQuery } from './kysely/typed-queries.ts'
import { type QueryLimits, queryLimitChecks } from './links/query-limits.ts'
import { StatementTexts } from './migrations/foreign-key-check.ts'
import { migrate } from './migrations/migrations.ts'
import { backUpBeforeMigration, type MigrationBackup } from './migrations/migrations-backup.ts'
import { isBusy } from './open/busy-wait.ts'
import { resolvedSetup } from './open/connection-options.ts'
import { Connector } from './open/connector.ts'
import { openEarly } from './open/open-early.ts'
import type { InternalOpenOptions, OnBusy } from './open-options.ts'
import { type FileTasks, inlineFileTasks } from './repair/file-tasks.ts'
import { ConnectionPool } from './scheduling/connection-pool.ts'
import type { PoolSettings } from './scheduling/pool-options.ts'
import { poolStats } from './scheduling/pool-stats.ts'
import { threadedFileTasks } from './thread/file-task-thread.ts'
import { sqliteThreadFile } from './thread/sqlite-thread-file.ts'
import { unusableTables } from './unusable-tables.ts'

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
  const pool = await openDatabase({
    path: databasePath,
    settings: { ...settings, setup },
    surroundings,
    options,
  })
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
      refuseOwnFiles(databasePath, resolve(to))
      return (await pool.housekeeping()).backup(databasePath, resolve(to), how)
    },
    /** From now on every write fails. Reads still work. */
    refuseWrites: () => pool.scheduler.refuseWrites(),
  }
}

interface Opening {
  readonly path: string
  readonly settings: PoolSettings
  readonly surroundings: QuerySurroundings
  readonly options: InternalOpenOptions
}

async function openDatabase(opening: Opening): Promise<ConnectionPool> {
  const { path, options } = opening
  const { onMigrationProgress, onDamaged, onBackupFailed, onBusy, onWarning } = options
  const ofCallbacks = new Set<unknown>()
  const watched = {
    ...options,
    ...(onMigrationProgress && { onMigrationProgress: withErrorsIn(ofCallbacks, onMigrationProgress) }),
    ...(typeof onDamaged === 'function' && { onDamaged: withErrorsIn(ofCallbacks, onDamaged) }),
    ...(onBackupFailed && { onBackupFailed: withErrorsIn(ofCallbacks, onBackupFailed) }),
  }
  try {
    const pool = await retryWhileBusy(onBusy, () => openOrRepair({ ...opening, options: watched }))
    if (!pool.scheduler.hasReaders) warn(withoutSharedMemory(path), onWarning)
    return pool
  } catch (error) {
    if (error instanceof DataDirError || ofCallbacks.has(error)) throw error
    throw new DatabaseOpenError(path, error, factsOfOpening(path, error))
  }
}

/** The same callback. What it throws is added to `errors`, so that it differs from every other error of an open. */
function withErrorsIn<Arguments extends readonly unknown[], Result>(
  errors: Set<unknown>,
  callback: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  return (...args) => {
    try {
      const result = callback(...args)
      if (result instanceof Promise) result.catch((error: unknown) => errors.add(error))
      return result
    } catch (error) {
      errors.add(error)
      throw error
    }
  }
}

/** Opens a database again as long as another program keeps it locked and the answer is to try again. */
async function retryWhileBusy<Opened>(
  onBusy: OnBusy | undefined,
  open: () => Promise<Opened>,
): Promise<Opened> {
  for (;;) {
    try {
      return await open()
    } catch (error) {
      const isFailure = onBusy && error instanceof DataDirError && systemFailureIn(error)?.kind === 'busy'
      if (!isFailure || !(await onBusy(error))) throw error
    }
  }
}

function withoutSharedMemory(path: string): DataDirWarning {
  return {
    code: 'DATADIR_NO_SHARED_MEMORY',
    message:
      `${path} is on a filesystem without shared memory. The database has only one connection, so reads and writes ` +
      'wait for each other, and a stream reads its whole result first. Use a folder on a local disk.',
    path,
  }
}

async function openOrRepair(opening: Opening): Promise<ConnectionPool> {
  const { path, settings, options } = opening
  const { mode, setup } = settings
  const { onDamaged = 'keep', migrations = {}, keepBackups, signal } = options
  const tasks =
    mode === 'inline'
      ? inlineFileTasks(await Connector.load(setup))
      : threadedFileTasks(sqliteThreadFile, setup)
  const handling = { onDamaged, tasks, migrations: Object.keys(migrations), signal }
  return openOrRestore(path, handling, async () => {
    const clonePath = keptCount(keepBackups) > 0 ? newClonePath(path) : undefined
    try {
      return await openAsItIs({ ...opening, tasks, clonePath })
    } finally {
      // It became the backup, or is not needed.
      if (clonePath) discardClone(clonePath)
    }
  })
}

interface Attempt extends Opening {
  readonly tasks: FileTasks
  readonly clonePath: string | undefined
}

async function openAsItIs(attempt: Attempt): Promise<ConnectionPool> {
  const { path, settings, options, tasks, clonePath } = attempt
  const { migrations = {}, backupEvery: every, keepBackups: keep, signal, quiet } = options
  const names = Object.keys(migrations)
  const early = mayOpenEarly(attempt) ? await openEarly(path, names, settings.setup) : undefined
  const pool = await ConnectionPool.open(path, names, settings, clonePath, early)
  try {
    throwIfCanceled(path, signal)
    const { onWarning = emitProcessWarning } = options
    if (early?.isUpToDate) {
      // The app's next query starts a thread again that could not be started.
      void quiet?.then(() => finishOpening(pool, path, onWarning)).catch(() => undefined)
    } else {
      await bringUpToDate(pool, attempt)
      throwIfCanceled(path, signal)
      await warnOfUnusableTables(pool, path, onWarning)
      pool.startReaders()
    }
    if (every !== undefined) pool.scheduleBackups({ every, keep, copy: tasks.copy, onWarning })
    return pool
  } catch (error) {
    await pool.close()
    throw error
  }
}

/** A full check takes long. Without threads nothing takes the database over from the early connection. */
function mayOpenEarly({ settings, options }: Attempt): boolean {
  if (settings.mode === 'inline' || options.checkOnOpen || !options.quiet) return false
  // A missing file is an error of the open, not of a later query.
  sqliteThreadFile()
  return true
}

/** Does what can wait until the app has shown its window. */
async function finishOpening(pool: ConnectionPool, path: string, onWarning: OnWarning): Promise<void> {
  await pool.startThreads()
  await warnOfUnusableTables(pool, path, onWarning)
  await optimize(await pool.housekeeping())
}

async function warnOfUnusableTables(pool: ConnectionPool, path: string, onWarning: OnWarning): Promise<void> {
  // On the writer, because the readers have perhaps not opened the database yet.
  const unlogged = kyselyOn<unknown>(pool, { plugins: [], log: undefined }).connection()
  const unusable = await unlogged.execute((connection) => unusableTables(connection, path))
  if (unusable) warn(unusable, onWarning)
}

async function optimize(housekeeping: HousekeepingClient): Promise<void> {
  await housekeeping.optimize().catch((error: unknown) => {
    // Another program writes. The statistics can wait.
    if (!isBusy(error)) throw error
  })
}

async function bringUpToDate(pool: ConnectionPool, attempt: Attempt): Promise<void> {
  const { path, surroundings, options, tasks, clonePath } = attempt
  const { migrations = {}, keepBackups, checkOnOpen, onMigrationProgress, onBackupFailed, signal } = options
  const housekeeping = await pool.housekeeping()
  if (isMarkedForCheck(path)) {
    await housekeeping.fullCheck()
    removeCheckMark(path)
  } else if (checkOnOpen) await housekeeping.quickCheck()
  throwIfCanceled(path, signal)
  const backup: MigrationBackup = {
    databasePath: path,
    keep: keepBackups,
    copy: (to, { onProgress, ...how }) =>
      uncanceled(
        path,
        signal,
        housekeeping.backup(path, to, { ...(onProgress && { onProgress }), ...(signal && { signal }) }, how),
      ),
    clone:
      clonePath === undefined
        ? undefined
        : {
            path: clonePath,
            finish: (to) => uncanceled(path, signal, tasks.finish(clonePath, to)),
          },
    onFailed: onBackupFailed,
  }
  const statements = new StatementTexts()
  const watched = { ...surroundings, onStatement: statements.add }
  const db = kyselyOn<unknown>(
    pool,
    watched,
    new TransactionalSqliteAdapter(),
    (connection) => new MigrationTables(connection),
  )
  await migrate(db, path, migrations, {
    statements,
    faultsBefore: (tables) => tasks.foreignKeyFaults(path, tables, pool.scheduler.fileId),
    backUp: async (first, on, report) => {
      try {
        return await backUpBeforeMigration(on, first, report, backup)
      } catch (error) {
        throw backupErrorFor(path, error)
      }
    },
    ...(onMigrationProgress && { onProgress: onMigrationProgress }),
    ...(signal && { signal }),
  })
  // The tables may need other statistics after a migration: sqlite.org/lang_analyze.html#pragma_optimize.
  throwIfCanceled(path, signal)
  await optimize(housekeeping)
}

/** The error of the backup before a migration. Its folder may be something else, or belong to another user. */
function backupErrorFor(databasePath: string, error: unknown): unknown {
  if (error instanceof DataDirError && !(error instanceof NoBackupError)) return error
  const cause = error instanceof NoBackupError ? error.cause : error
  return systemFailureIn(cause) ? new BackupFailedError(backupFolderOf(databasePath), 'failed', cause) : error
}

/** Converts the errors of a backup to those of the open that it is a part of. */
async function uncanceled<Result>(
  path: string,
  signal: AbortSignal | undefined,
  backup: Promise<Result>,
): Promise<Result> {
  try {
    return await backup
  } catch (error) {
    // What the app's own callback threw.
    throw error instanceof BackupFailedError && error.reason === 'callback' ? error.cause : error
  } finally {
    // A canceled open is the reason, even if the backup failed too.
    throwIfCanceled(path, signal)
  }
}
