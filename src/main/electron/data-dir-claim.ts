import type { Kysely } from 'kysely'
import type { AnySchema } from '../claim/database-option.ts'
import type { Pool } from '../sqlite/pool.ts'

/** A data directory that this process owns. */
export interface DataDirClaim<Schema = AnySchema, Store = undefined> extends AsyncDisposable {
  /**
   * The open database: Kysely over a pool of connections, each in a worker thread.
   *
   * @throws {NoDatabaseError} if no option asked for a database.
   */
  readonly db: Kysely<Schema>
  /**
   * The same database, with methods that Kysely does not have: `batch`, `query` with limits, `stats`. {@link close}
   * closes it too.
   *
   * @throws {NoDatabaseError} if no option asked for a database.
   */
  readonly pool: Pool<Schema>
  /** What the option `open` returned; undefined without that option. {@link close} closes it too. */
  readonly store: Store
  /** The data directory's real path. */
  readonly dir: string
  /**
   * The path of the database file, `NAME.db` in {@link dir}.
   *
   * Do not open or copy this file with `node:fs` inside the process. When Node.js closes it, the system removes
   * SQLite's locks on the file. Another program may then remove the log with your changes. Use `pool.backup()` instead.
   *
   * @throws {NoDatabaseError} if no option asked for a database.
   */
  readonly databasePath: string
  /** When the lock was taken; undefined if `NAME_SKIP_DATADIR_LOCK` skips it. */
  readonly heldSince: Date | undefined
  /**
   * Aborts when this process can no longer protect its data. The reason is a `LockLostError` if the lock file was
   * removed or replaced and could not be created again. It is a `DatabaseReplacedError` if a file of the database was
   * removed, replaced or overwritten, and a `StoreLostError` if the app's own store has reported a loss. From then on,
   * the database refuses writes. Show the user a message and quit.
   */
  readonly lost: AbortSignal | undefined
  /**
   * Stops accepting launches and calls `beforeClose`. Then it closes the store, the database, the hand-off server and
   * the lock, in that order. The package calls it on quit. A second call does nothing more.
   */
  close(): Promise<void>
}

/**
 * The claim of a data directory that `claimDataDir` has started. Awaiting it returns the claim. The claim is undefined
 * if another process has the directory, or if the database or the store cannot be opened. It never rejects.
 */
export interface DataDirClaiming<Schema, Store> extends Promise<DataDirClaim<Schema, Store> | undefined> {
  /**
   * Resolves to true after `ready`, as soon as this process owns the directory. Open the window then. The database and
   * the store may still be opening. Resolves to false if the app is about to exit. It never rejects.
   */
  readonly owned: Promise<boolean>
  /**
   * The database, also before it is open: a query waits until the database is open. If another process owns the
   * directory, or if the database cannot be opened, the query rejects with the error that the dialog shows, for example
   * a `DataDirLockedError`.
   *
   * @throws {NoDatabaseError} if no option asked for a database.
   */
  readonly db: Kysely<Schema>
  /** Resolves to what the option `open` returned. Rejects like a query on {@link db}. */
  readonly store: Promise<Store>
}
