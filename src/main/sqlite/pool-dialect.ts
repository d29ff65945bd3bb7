import { type Driver, Kysely, SqliteDialect, SqliteQueryCompiler, type TransactionSettings } from 'kysely'
import type { DatabasePool } from './database-pool.ts'
import { PoolExecutor } from './pool-executor.ts'
import { PooledConnection } from './pooled-connection.ts'
import type { QueryLimits } from './query-limits.ts'
import { TransactionalSqliteAdapter } from './transactional-adapter.ts'

/** A Kysely whose queries the pool runs. Destroying it closes the pool. */
export function kyselyOn<Schema>(pool: DatabasePool, limits?: QueryLimits): Kysely<Schema> {
  const dialect = new PoolDialect(pool)
  const executor = new PoolExecutor(
    pool,
    dialect.createQueryCompiler(),
    dialect.createAdapter(),
    [],
    undefined,
    limits,
  )
  return new Kysely<Schema>({ config: { dialect }, dialect, driver: dialect.createDriver(), executor })
}

/** Kysely's own SQLite, but for where connections come from. */
class PoolDialect extends SqliteDialect {
  readonly #pool: DatabasePool

  constructor(pool: DatabasePool) {
    super({ database: () => Promise.reject(new Error('the pool has the connections')) })
    this.#pool = pool
  }

  override createDriver(): PoolDriver {
    return new PoolDriver(this.#pool)
  }

  override createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler()
  }

  override createAdapter(): TransactionalSqliteAdapter {
    return new TransactionalSqliteAdapter()
  }
}

class PoolDriver implements Driver {
  readonly #pool: DatabasePool

  constructor(pool: DatabasePool) {
    this.#pool = pool
  }

  async init(): Promise<void> {
    // The pool is open by the time there is a driver.
  }

  async acquireConnection(): Promise<PooledConnection> {
    return new PooledConnection(this.#pool)
  }

  async releaseConnection(connection: PooledConnection): Promise<void> {
    connection.release()
  }

  async beginTransaction(connection: PooledConnection, settings: TransactionSettings): Promise<void> {
    await connection.begin(settings)
  }

  async commitTransaction(connection: PooledConnection): Promise<void> {
    await connection.end('commit')
  }

  async rollbackTransaction(connection: PooledConnection): Promise<void> {
    await connection.end('rollback')
  }

  async savepoint(connection: PooledConnection, name: string): Promise<void> {
    await connection.end('savepoint', `savepoint ${quoted(name)}`)
  }

  async rollbackToSavepoint(connection: PooledConnection, name: string): Promise<void> {
    await connection.end('savepoint', `rollback to ${quoted(name)}`)
  }

  async releaseSavepoint(connection: PooledConnection, name: string): Promise<void> {
    await connection.end('savepoint', `release ${quoted(name)}`)
  }

  async destroy(): Promise<void> {
    await this.#pool.close()
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
