import type { PoolLease, RawPool, RawQueries } from './raw-queries.ts'

/** Which rows of a statement drizzle expects: none, all of them, or one. */
export type DrizzleMethod = 'run' | 'all' | 'values' | 'get'

/** One statement of drizzle. */
export interface DrizzleQuery {
  /** The text. */
  readonly sql: string
  /** The values, by position. */
  readonly params: readonly unknown[]
  /** Which rows drizzle expects. */
  readonly method: DrizzleMethod
}

/** What `drizzle()` of `drizzle-orm/sqlite-proxy` expects of a statement: rows as arrays, or the one row of `get`. */
export interface DrizzleRows {
  /** The rows. For `get` the one row, or undefined. */
  readonly rows: unknown[]
}

/** The callback for `drizzle()` of `drizzle-orm/sqlite-proxy`. */
export type DrizzleCallback = (
  sql: string,
  params: readonly unknown[],
  method: DrizzleMethod,
) => Promise<DrizzleRows>

/** The callback for `db.batch()`. */
export type DrizzleBatchCallback = (queries: readonly DrizzleQuery[]) => Promise<DrizzleRows[]>

/** What {@link drizzleOn} needs of a database of drizzle. */
export interface DrizzleDatabase {
  /** Runs a callback in a transaction. */
  readonly transaction: (...args: never) => Promise<unknown>
}

/**
 * Makes a database of drizzle whose queries the pool runs. Reads outside a transaction run on readers. A transaction
 * leases the writer until its end, and `db.batch()` is one transaction. Inside a transaction, `db` itself is refused:
 * use `tx`.
 *
 * The result of `run` also has `changes` and `lastInsertRowid`, as in {@link RawResult}.
 *
 * @param make calls `drizzle()` of `drizzle-orm/sqlite-proxy` with both callbacks. It is called once, and again for
 * each transaction, with callbacks for the transaction's own connection.
 * @throws {NestedQueryError} from queries on the database itself inside one of its transactions.
 *
 * @example
 * ```ts
 * import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
 * import { drizzle } from 'drizzle-orm/sqlite-proxy'
 *
 * const note = sqliteTable('note', { id: integer().primaryKey(), text: text() })
 * const db = drizzleOn(pool, (callback, batch) => drizzle(callback, batch, { schema: { note } }))
 * const notes = await db.query.note.findMany()
 * ```
 */
export function drizzleOn<Database extends DrizzleDatabase>(
  pool: RawPool,
  make: (callback: DrizzleCallback, batch: DrizzleBatchCallback) => Database,
): Database {
  const batch: DrizzleBatchCallback = (queries) =>
    inLease(pool, (lease) =>
      inTransaction(lease, () => Promise.all(queries.map((query) => run(lease, query)))),
    )
  const db = make((sql, params, method) => run(pool, { sql, params, method }), batch)
  // drizzle sends every statement of a transaction through the callback, without a mark. So each transaction gets a
  // database of its own, whose callback has the lease.
  const transaction = (...args: unknown[]): Promise<unknown> =>
    inLease(pool, (lease) => {
      const own = make((sql, params, method) => run(lease, { sql, params, method }), batch)
      return Reflect.apply(own.transaction, own, args) as Promise<unknown>
    })
  return Object.assign(db, { transaction })
}

/**
 * Makes the callback for `migrate()` of `drizzle-orm/sqlite-proxy/migrator`. It runs all pending migrations in one
 * transaction on the writer. To rebuild a table, drizzle-kit writes `PRAGMA foreign_keys=OFF` into a migration. Inside
 * a transaction, SQLite ignores this pragma and would delete the rows that refer to the table. So if a migration
 * contains it, foreign keys are off from before the transaction until its end. They are checked before the commit.
 *
 * The callback throws SQLite's own error with the statement that failed as `sql`. If foreign keys are off, and after
 * the migrations more rows than before refer to a row that does not exist, it throws an `Error`. Nothing is changed
 * then.
 *
 * @example
 * ```ts
 * // not run: needs a folder of drizzle-kit
 * import { migrate } from 'drizzle-orm/sqlite-proxy/migrator'
 *
 * await migrate(db, drizzleMigrator(pool), { migrationsFolder })
 * ```
 */
export function drizzleMigrator(pool: RawPool): (queries: readonly string[]) => Promise<void> {
  return (queries) =>
    inLease(pool, async (lease) => {
      const isOff = queries.some((query) => /\bpragma\s+foreign_keys\s*=\s*(?:off|0|false|no)\b/i.test(query))
      if (isOff) await lease.raw('pragma foreign_keys = off')
      await inTransaction(lease, async () => {
        const before = isOff ? await foreignKeyFaults(lease) : 0
        for (const query of queries) await lease.exec(query)
        if (isOff && (await foreignKeyFaults(lease)) > before)
          throw new Error('After the migrations, rows refer to rows that do not exist. Nothing was changed.')
      })
    })
}

async function foreignKeyFaults(lease: PoolLease): Promise<number> {
  const { rows } = await lease.raw('select count(*) from pragma_foreign_key_check')
  return Number(rows[0]?.[0])
}

async function inLease<Value>(pool: RawPool, work: (lease: PoolLease) => Promise<Value>): Promise<Value> {
  const lease = pool.lease()
  try {
    return await lease.hold(() => work(lease))
  } finally {
    lease.release()
  }
}

async function inTransaction<Value>(lease: PoolLease, work: () => Promise<Value>): Promise<Value> {
  await lease.raw('begin')
  // What fails before the commit is rolled back when the lease is released.
  const value = await work()
  await lease.raw('commit')
  return value
}

async function run(on: RawQueries, { sql, params, method }: DrizzleQuery): Promise<DrizzleRows> {
  const { rows, changes, lastInsertRowid } = await on.raw(sql, params)
  if (method === 'run') return Object.assign({ rows }, { changes, lastInsertRowid })
  // drizzle reads an empty array as a row without values, and undefined as no row. Its type does not allow undefined.
  return { rows: method === 'get' ? (rows[0] as unknown[]) : rows }
}
