import type { Kysely } from 'kysely'
import type { Claim } from '../claim/claim.ts'
import type { Pool } from '../sqlite/pool.ts'

/** The data directory is this process's. */
export interface DataDirClaim<Schema> extends AsyncDisposable {
  /** The open database: Kysely over a pool of connections, each in a worker thread. */
  readonly db: Kysely<Schema>
  /**
   * The same database with what Kysely does not offer: `batch`, `query` with limits, `stats`. {@link close} closes it
   * too.
   */
  readonly pool: Pool<Schema>
  /** The data directory's real path. */
  readonly dir: string
  /**
   * The path of the database file, `NAME.db` in {@link dir}.
   *
   * Do not open or copy this file with `node:fs` inside the process. When Node.js closes it, the locks of SQLite are gone,
   * and another program may remove the log with your changes. Use `pool.backup()` instead.
   */
  readonly databasePath: string
  /** When the lock was taken; undefined where `NAME_SKIP_DATADIR_LOCK` skips it. */
  readonly heldSince: Date | undefined
  /**
   * Aborts when this process can no longer protect its data. The reason is a `LockLostError` if the lock file was removed
   * or replaced and could not be created again. It is a `DatabaseReplacedError` if a file of the database was removed,
   * replaced or overwritten. The database refuses writes from then on. Tell the user, and quit.
   */
  readonly lost: AbortSignal | undefined
  /**
   * Takes no more launches, then closes database, hand-off server and lock, in that order. It is called on quit; twice
   * is once.
   */
  close(): Promise<void>
}

/** A claim as an app sees it. */
export function dataDirClaimOf<Schema>(
  claim: Claim<Schema>,
  launches: { close(): void },
): DataDirClaim<Schema> {
  const { pool, heldSince, lost } = claim
  const { db, dir, databasePath } = pool
  const close = () => {
    launches.close()
    return claim.close()
  }
  return { db, pool, dir, databasePath, heldSince, lost, close, [Symbol.asyncDispose]: close }
}
