import { DataDirError } from '../../shared/data-dir-error.ts'
import type { DataDirWarning } from '../../shared/data-dir-warning.ts'
import { systemFailureIn } from '../../shared/system-failure.ts'
import { emitProcessWarning, warn } from '../directory/warnings.ts'
import { keptCount } from './backup/backup-folder.ts'
import { type Attempt, bringUpToDate } from './bring-up-to-date.ts'
import { openOrRestore } from './damaged.ts'
import { factsOfOpening } from './errors/causes.ts'
import { DatabaseOpenError, throwIfCanceled } from './errors/open-errors.ts'
import { warnOfUnusableTables } from './finish-opening.ts'
import { discardClone, newClonePath } from './housekeeping/clone-database.ts'
import type { QuerySurroundings } from './kysely/executor.ts'
import { Connector } from './open/connector.ts'
import type { EarlyConnection } from './open/open-early.ts'
import type { InternalOpenOptions, OnBusy } from './open-options.ts'
import { inlineFileTasks } from './repair/file-tasks.ts'
import { ConnectionPool } from './scheduling/connection-pool.ts'
import type { PoolSettings } from './scheduling/pool-options.ts'
import { threadedFileTasks } from './thread/file-task-thread.ts'
import { sqliteThreadFile } from './thread/sqlite-thread-file.ts'

/** How a database is to be opened. */
export interface Opening {
  readonly path: string
  readonly settings: PoolSettings
  readonly surroundings: QuerySurroundings
  readonly options: InternalOpenOptions
  /** Returns a connection that this thread has opened. Only the first attempt gets it. */
  readonly takeEarly: () => EarlyConnection | undefined
}

/**
 * Opens the writer in its thread, brings the database up to date, and starts the readers.
 *
 * @throws as `openPool` does. Everything is closed then.
 */
export async function openDatabase(opening: Opening): Promise<ConnectionPool> {
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

async function openAsItIs(attempt: Attempt & Opening): Promise<ConnectionPool> {
  const { path, settings, options, tasks, clonePath, takeEarly } = attempt
  const { migrations = {}, backupEvery: every, keepBackups: keep, signal } = options
  const { onWarning = emitProcessWarning } = options
  const pool = await ConnectionPool.open(path, Object.keys(migrations), settings, clonePath, takeEarly())
  try {
    throwIfCanceled(path, signal)
    await bringUpToDate(pool, attempt)
    throwIfCanceled(path, signal)
    await warnOfUnusableTables(pool, options)
    pool.startReaders()
    if (every !== undefined) pool.scheduleBackups({ every, keep, copy: tasks.copy, onWarning })
    return pool
  } catch (error) {
    await pool.close()
    throw error
  }
}
