import {
  type Dialect,
  type Driver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely'
import type { ConnectionPool } from '../scheduling/connection-pool.ts'
import { PoolExecutor, type QueryLog, type QuerySurroundings } from './executor.ts'
import { LeasedConnection } from './leased-connection.ts'

/**
 * A Kysely whose queries the pool runs. Destroying it closes the pool.
 *
 * @param adapter for migrations, which run in transactions, a {@link TransactionalSqliteAdapter}.
 * @param createIntrospector for migrations, one that finds their tables.
 */
export function kyselyOn<Schema>(
  pool: ConnectionPool,
  surroundings: QuerySurroundings,
  adapter = new SqliteAdapter(),
  createIntrospector: Dialect['createIntrospector'] = (db) => new SqliteIntrospector(db),
): Kysely<Schema> {
  const compiler = new SqliteQueryCompiler()
  const driver = new PoolDriver(pool, surroundings.log)
  const dialect: Dialect = {
    createDriver: () => driver,
    createQueryCompiler: () => compiler,
    createAdapter: () => adapter,
    createIntrospector,
  }
  const executor = new PoolExecutor({ ...surroundings, scheduler: pool.scheduler, compiler, adapter })
  return new Kysely<Schema>({ config: { dialect }, dialect, driver, executor })
}

/**
 * Kysely's adapter for SQLite, with one correction: a transaction covers the schema too
 * (sqlite.org/lang_transaction.html). Kysely's own adapter says no, and then its Migrator uses no transaction.
 */
export class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class PoolDriver implements Driver {
  readonly #pool: ConnectionPool
  readonly #log: QueryLog | undefined

  constructor(pool: ConnectionPool, log: QueryLog | undefined) {
    this.#pool = pool
    this.#log = log
  }

  async init(): Promise<void> {
    // The pool is opened before the driver is made.
  }

  async acquireConnection(): Promise<LeasedConnection> {
    return new LeasedConnection(this.#pool.scheduler)
  }

  async releaseConnection(connection: LeasedConnection): Promise<void> {
    connection.release()
  }

  async beginTransaction(connection: LeasedConnection, settings: TransactionSettings): Promise<void> {
    await this.#logged('begin', () => connection.begin(settings))
  }

  async commitTransaction(connection: LeasedConnection): Promise<void> {
    await this.#logged('commit', () => connection.end('commit'))
  }

  async rollbackTransaction(connection: LeasedConnection): Promise<void> {
    await this.#logged('rollback', () => connection.end('rollback'))
  }

  savepoint(connection: LeasedConnection, name: string): Promise<void> {
    return this.#onSavepoint(connection, `savepoint ${quoted(name)}`)
  }

  rollbackToSavepoint(connection: LeasedConnection, name: string): Promise<void> {
    return this.#onSavepoint(connection, `rollback to ${quoted(name)}`)
  }

  releaseSavepoint(connection: LeasedConnection, name: string): Promise<void> {
    return this.#onSavepoint(connection, `release ${quoted(name)}`)
  }

  async #onSavepoint(connection: LeasedConnection, sql: string): Promise<void> {
    await this.#logged(sql, () => connection.end('savepoint', sql))
  }

  async #logged(sql: string, work: () => Promise<void>): Promise<void> {
    await (this.#log ? this.#log.run(sql, work) : work())
  }

  async destroy(): Promise<void> {
    await this.#pool.close()
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
