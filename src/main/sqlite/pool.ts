import type { Kysely } from 'kysely'
import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { abortSignal } from '../../shared/option-kinds.ts'
import type { DataDirectory } from '../directory/data-directory.ts'
import { databasePathIn, defaultName } from '../directory/names.ts'
import { type LockOptions, type LockReference, lockOptionChecks } from '../lock/data-dir-lock.ts'
import { throwMissingKysely } from '../runtime/missing-package.ts'
import type { RawPool } from './adapters/raw-queries.ts'
import type { BackupOptions } from './backup/backup.ts'
import type { BackupResult } from './backup/check-backup.ts'
import { type DatabaseReplacedError, throwIfCanceled } from './errors/open-errors.ts'
import type { BatchResults, Query } from './kysely/typed-queries.ts'
import type { QueryLimits } from './links/query-limits.ts'
import { type InternalOpenOptions, type OpenOptions, openOptionChecks } from './open-options.ts'
import type { OpenPool } from './open-pool.ts'
import { lockToOpen, type OwnedDirectory } from './owned-directory.ts'
import {
  closeAll,
  type Entry,
  entries,
  forget,
  giveBack,
  giveBackByPath,
  keyOf,
  type Reference,
  untilMayOpen,
} from './pool-registry.ts'
import { type PoolOptions, poolOptionChecks, poolSettings } from './scheduling/pool-options.ts'
import type { PoolStats } from './scheduling/pool-stats.ts'

/** The options of {@link connect}: the directory and its lock, the pool, and how the database is opened. */
export interface ConnectOptions extends LockOptions, PoolOptions, OpenOptions {}

export const connectOptionChecks: OptionChecks<ConnectOptions> = {
  ...lockOptionChecks,
  ...poolOptionChecks,
  ...openOptionChecks,
  signal: abortSignal,
}

/**
 * The handle that one call of {@link connect} returns for the database of a data directory. All handles of one directory in
 * this process share the database, which stays open until all of them are closed.
 */
export interface Pool<Schema> extends RawPool, AsyncDisposable {
  /** Kysely on the pool, the same object for all handles. Close it with {@link close}, not with its own `destroy()`. */
  readonly db: Kysely<Schema>
  /** The data directory's real path. */
  readonly dir: string
  /**
   * The path of the database file, `NAME.db` in {@link dir}.
   *
   * Do not open or copy this file with `node:fs` inside the process. When Node.js closes it, the system removes SQLite's
   * locks on the file. Another program may then remove the log with your changes. Use {@link backup} instead.
   */
  readonly databasePath: string
  /**
   * Runs one query with limits, as its own `execute()` would. The pool's `plugins` transform its result. A plugin that the
   * query got from `withPlugin()` does not.
   *
   * @param query a Kysely query, built or compiled.
   * @param limits a signal, a timeout in milliseconds, or both. Default none.
   * @returns the rows. A write without `returning` returns one object with counts, as in Kysely.
   * @throws {QueryAbortedError} when the signal aborts or the timeout expires.
   * @throws {InvalidOptionError} for unknown limits, and for values that are not allowed.
   * @throws SQLite's own error, better-sqlite3's `SqliteError`, with the statement as `sql`.
   *
   * @example
   * ```ts
   * const rows = await pool.query(db.selectFrom('note').selectAll(), { timeout: 500 })
   * ```
   */
  query<Output>(query: Query<Output>, limits?: QueryLimits): Promise<Output[]>
  /**
   * Runs queries in one transaction on the writer. Either all of them take effect or none. They are sent as one message, so
   * ten inserts take one round trip. The results are in the order of the queries. The pool's `plugins` transform them.
   *
   * @param limits a signal, a timeout in milliseconds, or both, for the whole batch. Default none.
   * @throws the errors of {@link query}. The batch has then changed nothing, unless the error is a
   * {@link QueryAbortedError} with the outcome `committed`.
   *
   * @example
   * ```ts
   * const [inserted, notes] = await pool.batch([
   *   db.insertInto('note').values({ text: 'new' }),
   *   db.selectFrom('note').selectAll(),
   * ])
   * ```
   */
  batch<const Queries extends readonly Query[]>(
    queries: Queries,
    limits?: QueryLimits,
  ): Promise<BatchResults<Queries>>
  /**
   * Returns a Kysely on the same pool with limits for each of its queries: a signal, a timeout in milliseconds, or both. If
   * a query also has a signal of its own, either signal cancels it.
   *
   * @throws {InvalidOptionError} for unknown limits, and for values that are not allowed.
   */
  within(limits: QueryLimits): Kysely<Schema>
  /** Returns the state of each connection. It sends them no request, so it resolves even while all are busy. */
  stats(): Promise<PoolStats>
  /**
   * Copies the database to one file, while the database is in use. The file has passed `quick_check`, and it appears
   * complete or not at all. Reads and writes continue during the copy. If a write transaction is open, the copy waits until
   * it ends.
   *
   * If only indexes of the database are damaged, the backup is still made, with every row in it. The result reports the
   * damage, and the next open of the database offers to rebuild the indexes.
   *
   * @param to the path of the copy. Its folder must exist. An existing file is replaced.
   * @returns whether indexes are damaged in the backup.
   * @throws {BackupFailedError} when the backup cannot be made. Its `reason` is `aborted` when the signal aborts or the
   * pool is closed, and `callback` when `onProgress` throws.
   * @throws {InvalidOptionError} if `to` is the database itself, or another file that a data directory needs.
   * @throws {PoolClosedError} when the pool is closed before the call.
   * @throws {NestedQueryError} inside a transaction of the same pool.
   */
  backup(to: string, options?: BackupOptions): Promise<BackupResult>
  /**
   * Closes this handle, even if the path of the directory has changed. Closing the last handle closes the database and then
   * releases the lock. A second call does nothing more.
   *
   * A closed handle can be used as long as another handle keeps the database open. After that, every method except
   * `stats()` throws a {@link PoolClosedError}.
   *
   * @returns a promise that resolves when the handle is closed.
   */
  close(): Promise<void>
}

/**
 * Opens the database of a data directory. If this process already has it open, the call adds a reference to it. The lock is
 * taken synchronously, before the database is touched.
 *
 * If the database is being opened, the call waits for that open and shares it. For each call that succeeds, call `close()`
 * of the returned handle once, or {@link release} once.
 *
 * `signal` cancels the call. The open stops at its next step, unless other calls wait for it too. If a callback
 * (`onMigrationProgress`, `onDamaged`, `onBackupFailed`) throws, the call fails with that error.
 *
 * If an open fails, the database is closed and the lock is released before the error is thrown.
 *
 * @throws {DataDirLockedError} and everything else {@link acquireDataDirLock} throws.
 * @throws {InvalidOptionError} for invalid options, before anything is touched.
 * @throws {NotADatabaseError} when the file is damaged or is not a database, and it is not restored from a backup.
 * @throws {DatabaseMissingError} when the file is missing or empty, although it was used before.
 * @throws {DatabaseMismatchError} when the file and its write-ahead log do not belong together.
 * @throws {DatabaseLinkedError} when the file is a symbolic link, or has a second hard link.
 * @throws {DatabaseOpenError} when the file cannot be opened for another reason, for example because this user cannot write
 * to it. If another program keeps the database locked, the open first waits up to 2 s.
 * @throws {DatabaseKeyError} when the file is encrypted and `key` does not open it, or `key` is given and the file is not
 * encrypted.
 * @throws {ConnectionSetupError} when an extension, an attached database or the module `connection` fails.
 * @throws {DatabaseNewerError} when the database has migrations that this version of the app does not have.
 * @throws {NoBackupError} when the database must be restored, and the folder of the backups cannot be read.
 * @throws {RestoreFailedError} when a backup cannot be put in the database's place, for example on a full disk.
 * @throws {BackupFailedError} when the backup before the first pending migration cannot be made, unless `onBackupFailed`
 * decides otherwise.
 * @throws {MigrationOrderError} when a new migration sorts before one that has run.
 * @throws {MigrationFailedError} when a migration throws.
 * @throws {MigrationAbortedError} when `signal` aborts before the database is open. If it aborted before the call, nothing
 * was touched.
 * @throws {WorkerLostError} when the writer's thread ends while the database is opened.
 * @throws {SqliteTooOldError} when better-sqlite3 has a version of SQLite that can damage a database in WAL mode.
 * @throws {NativeModuleError} {PackageMissingError} when better-sqlite3 or the `driver` does not load in this runtime, or
 * Kysely is missing, with the command that repairs it.
 * @throws {ThreadFileMissingError} when a bundler has left out the code of the worker threads.
 *
 * @example
 * ```ts
 * const pool = await connect<Schema>({ dir, name: 'notes', migrations })
 * await pool.db.selectFrom('note').selectAll().execute()
 * await pool.close()
 * ```
 */
export async function connect<Schema>(options: ConnectOptions): Promise<Pool<Schema>> {
  checkOptions('connect', options, connectOptionChecks)
  return openOrShare(lockToOpen(options), { givenDir: options.dir }, options)
}

/**
 * Opens the database of an owned directory, or shares it if this process has it open. The lock then belongs to the
 * database. If this throws, the lock is released.
 */
export async function openOrShare<Schema>(
  owned: OwnedDirectory,
  reference: Reference,
  options: PoolOptions & InternalOpenOptions,
): Promise<Pool<Schema>> {
  const { directory, name, lock } = owned
  const path = databasePathIn(directory.path, name)
  const shared = entries.get(keyOf(directory, name))
  // Its open may wait for much more than code.
  if (shared) options.onLoaded?.()
  const entry = shared ?? startOpening(directory, name, path, options)
  // The database was perhaps opened without the lock. The process owns the directory from now on.
  if (entry.lock) lock?.release()
  else if (lock) giveLock(entry, lock)
  entry.references.add(reference)
  const pool = await untilOpen(entry, reference, path, options.signal)
  return handleOf(pool, entry, reference)
}

function startOpening(
  directory: DataDirectory,
  name: string,
  path: string,
  options: PoolOptions & InternalOpenOptions,
): Entry {
  const key = keyOf(directory, name)
  const canceling = new AbortController()
  const { signal } = canceling
  // Read now: the caller may change its object before the database is opened.
  const [settings, given] = [poolSettings(options, directory.path), { ...options, signal }]
  // The same database may still be closing. SQLite would make a second connection to it wait or fail.
  const mayOpen = untilMayOpen(key)
  const onFilesLost = (error: DatabaseReplacedError) => {
    entry.lock?.lose(error)
    // If the whole folder is gone, the error of the lock says so.
    if (!entry.lock || entry.lock.lost.reason === error) void report(error)
  }
  const open = async () => {
    try {
      await mayOpen
      // Loaded only now: a process that does not get the lock loads neither Kysely nor SQLite.
      const { openPool } = await import('./open-pool.ts').catch(throwMissingKysely)
      throwIfCanceled(path, signal)
      return await openPool(directory.path, path, { ...settings, onFilesLost }, given)
    } catch (error) {
      forget(entry)
      entry.lock?.release()
      throw error
    }
  }
  const entry: Entry = {
    key,
    name,
    lock: undefined,
    references: new Set(),
    opening: open(),
    canceling,
    closing: undefined,
  }
  entries.set(key, entry)
  return entry
}

/** If the app has no listener, this line is the only report. */
async function report({ summary, rescue }: DatabaseReplacedError): Promise<void> {
  const path = await rescue
  console.error(`${summary} ${path === undefined ? 'Nothing of it could be saved.' : `Saved: ${path}`}`)
}

/** The database writes nothing from the moment on when the lock is lost. */
function giveLock(entry: Entry, lock: LockReference): void {
  entry.lock = lock
  const refuseWrites = () => {
    // A database that failed to open has no writers.
    entry.opening.then((pool) => pool.refuseWrites()).catch(() => undefined)
  }
  if (lock.lost.aborted) refuseWrites()
  else lock.lost.addEventListener('abort', refuseWrites, { once: true })
}

/** Waits for an open. If the open is canceled, everything is released before this throws. */
async function untilOpen(
  entry: Entry,
  reference: Reference,
  path: string,
  signal: AbortSignal | undefined,
): Promise<OpenPool> {
  let cancel: () => void = () => undefined
  const canceled = new Promise<void>((resolve) => {
    cancel = () => {
      resolve(giveBack(entry, reference))
      // Other calls may wait for the same open.
      if (entry.references.size === 0) entry.canceling.abort(signal?.reason)
    }
  })
  signal?.addEventListener('abort', cancel)
  await Promise.race([entry.opening.catch(() => undefined), canceled])
  signal?.removeEventListener('abort', cancel)
  // After the cancellation, the result of the open does not matter.
  if (signal?.aborted) await canceled
  throwIfCanceled(path, signal)
  return await entry.opening
}

function handleOf<Schema>(
  { refuseWrites: _, ...shared }: OpenPool,
  entry: Entry,
  reference: Reference,
): Pool<Schema> {
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= giveBack(entry, reference)
    return closed
  }
  const handle: Pool<unknown> = { ...shared, close, [Symbol.asyncDispose]: close }
  // The schema is only the caller's type for the file. The shared pool is the same for every type.
  return handle as Pool<Schema>
}

/**
 * Closes one handle that {@link connect} returned for a directory. Use it in code that keeps only the path. Closing the
 * last handle closes the database and then releases the lock. If the directory is not open, nothing happens. The handle of
 * a claim stays open, because only the claim closes it.
 *
 * Prefer the handle's own `close()`. A path does not identify one handle, and by now it may lead to another directory. If
 * exactly one open directory was passed to `connect` with the same path text as `dir`, `release` uses that directory.
 * Otherwise it uses the directory that `dir` leads to now. Do not use both `close()` and `release` for one call of
 * `connect`.
 *
 * @param dir the data directory, by the path that `connect` was given, or by any other path to it.
 * @param name the data directory's name. Default `app`.
 * @returns a promise that resolves when the handle is closed.
 */
export async function release(dir: string, name: string = defaultName): Promise<void> {
  await giveBackByPath(dir, name)
}

/** Closes every database that this process has open, with all handles, and releases the locks. For tests. */
export async function resetPools(): Promise<void> {
  await closeAll()
}
