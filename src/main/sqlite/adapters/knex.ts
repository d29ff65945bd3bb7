import type { RawResult } from '../links/jobs.ts'
import { statementKind } from '../wire/leading-keyword.ts'
import type { PoolLease, RawPool } from './raw-queries.ts'

/** The function that `knex` exports, as far as {@link knexClient} needs it. */
export interface KnexFunction<Client> {
  (config: {
    readonly client: 'better-sqlite3'
    readonly useNullAsDefault: true
  }): { readonly client: unknown }
  /** The class of knex's clients. */
  readonly Client: Client
}

/** A statement, as knex gives it to its dialect. The dialect adds the response. */
interface KnexQuery {
  readonly sql?: string
  readonly bindings?: readonly unknown[]
  response?: unknown
  context?: { readonly lastID: number | bigint | undefined; readonly changes: number }
}

type Container = (trx: unknown) => unknown

/** knex's transaction calls this method when it has a connection. */
interface KnexTransaction {
  _onAcquire(container: Container, connection: KnexConnection): Promise<unknown>
}

/** What this adapter uses of knex's dialect for better-sqlite3. */
interface KnexDialect {
  _formatBindings(bindings: readonly unknown[] | undefined): unknown[]
  transaction(...args: readonly unknown[]): KnexTransaction
}

type KnexDialectClass = new (config: object) => KnexDialect

/**
 * Makes a client class for knex whose queries the pool runs. It extends the better-sqlite3 dialect of the `knex` that
 * the app passes in.
 *
 * Reads outside a transaction run on readers. A transaction leases the writer until its end. Inside a transaction,
 * `knex` itself is refused: use `trx`. knex's own `connection` and `pool` settings have no effect. `knex.destroy()`
 * closes nothing: the pool stays open until its own `close()`.
 *
 * @param knex the function that `knex` exports.
 * @throws {NestedQueryError} from queries on `knex` inside one of its transactions.
 *
 * @example
 * ```ts
 * import knex from 'knex'
 *
 * const db = knex({ client: knexClient(knex, pool) })
 * const notes = await db('note').where('id', '>', 7)
 * ```
 */
export function knexClient<Client>(knex: KnexFunction<Client>, pool: RawPool): Client {
  // Without a connection, knex loads no driver and makes no pool of its own.
  const { client } = knex({ client: 'better-sqlite3', useNullAsDefault: true })
  const Dialect = (client as KnexDialect).constructor as KnexDialectClass

  // knex makes the client of a transaction without calling the constructor, so the class has no fields.
  class PoolClient extends Dialect {
    constructor(config: object) {
      super({ useNullAsDefault: true, ...config, connection: undefined })
    }

    async acquireConnection(): Promise<KnexConnection> {
      return new KnexConnection(pool)
    }

    async releaseConnection(connection: KnexConnection): Promise<void> {
      connection.release()
    }

    async _query(connection: KnexConnection, query: KnexQuery): Promise<KnexQuery> {
      if (!query.sql) throw new Error('The query is empty')
      const result = await connection.run(query.sql, this._formatBindings(query.bindings))
      const { changes, lastInsertRowid } = result
      if (changes === undefined) query.response = objectsIn(result)
      else {
        query.response = { changes, lastInsertRowid }
        query.context = { lastID: lastInsertRowid, changes }
      }
      return query
    }

    override transaction(...args: readonly unknown[]): KnexTransaction {
      const transaction = super.transaction(...args)
      const onAcquire = transaction._onAcquire.bind(transaction)
      transaction._onAcquire = (container, connection) =>
        onAcquire((trx) => connection.hold(() => container(trx)), connection)
      return transaction
    }
  }
  return PoolClient as unknown as Client
}

let connections = 0

/** A connection for knex: first the pool, then a lease, from the first statement that needs one. */
class KnexConnection {
  /** knex adds it to its events. */
  readonly __knexUid = `pool${++connections}`
  readonly #pool: RawPool
  #lease: PoolLease | undefined
  #isReleased = false

  constructor(pool: RawPool) {
    this.#pool = pool
  }

  async run(sql: string, bindings: readonly unknown[]): Promise<RawResult> {
    const kind = statementKind(sql)
    // knex changes `foreign_keys` before a transaction, and again after it. The second time, knex may have released the
    // connection, and the pool has restored the setting.
    if ((kind === 'control' || kind === 'pragma') && !this.#isReleased) this.#lease ??= this.#pool.lease()
    const result = await (this.#lease ?? this.#pool).raw(sql, bindings)
    // knex compares the value of `foreign_keys` with a number.
    return kind === 'pragma' ? withNumbers(result) : result
  }

  /** Runs the callback of a transaction. knex ends the transaction itself only if the callback returns a promise. */
  hold(callback: () => unknown): unknown {
    const lease = this.#lease
    if (!lease) return callback()
    let isAsync = true
    // The lease runs the callback synchronously, so `isAsync` is set when `hold` returns.
    const held = lease.hold(async () => {
      const value = callback()
      isAsync = isThenable(value)
      return await value
    })
    return isAsync ? held : undefined
  }

  release(): void {
    this.#isReleased = true
    this.#lease?.release()
    this.#lease = undefined
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value
}

/** If two columns have the same name, an object has the value of the last one, as in better-sqlite3. */
function objectsIn({ columns, rows }: RawResult): Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]])))
}

function withNumbers(result: RawResult): RawResult {
  const numberIn = (cell: unknown) => (typeof cell === 'bigint' ? Number(cell) : cell)
  return { ...result, rows: result.rows.map((row) => row.map(numberIn)) }
}
