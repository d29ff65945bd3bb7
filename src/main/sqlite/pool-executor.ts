import {
  type CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type DialectAdapter,
  type KyselyPlugin,
  type QueryCompiler,
  type QueryExecutor,
  type QueryId,
  type QueryResult,
  type RootOperationNode,
} from 'kysely'
import type { DatabasePool } from './database-pool.ts'
import { holding } from './nesting.ts'
import { PooledConnection } from './pooled-connection.ts'
import { combineLimits, type QueryLimits } from './query-limits.ts'
import { streamFromPool } from './stream-from-pool.ts'

/**
 * Kysely's way from a query to a result. Kysely's own leases a connection for every query before it knows which one
 * it is; this one hands the query to the pool, and leases a connection for transactions only.
 */
export class PoolExecutor implements QueryExecutor {
  readonly #pool: DatabasePool
  readonly #compiler: QueryCompiler
  /** Does what is Kysely's own: plugins and compiling. */
  readonly #base: DefaultQueryExecutor
  /** The connection of a transaction or `connection()` callback. */
  readonly #provider: ConnectionProvider | undefined
  readonly #limits: QueryLimits | undefined

  constructor(
    pool: DatabasePool,
    compiler: QueryCompiler,
    adapter: DialectAdapter,
    plugins: readonly KyselyPlugin[] = [],
    provider?: ConnectionProvider,
    limits?: QueryLimits,
  ) {
    this.#pool = pool
    this.#compiler = compiler
    this.#provider = provider
    this.#limits = limits
    this.#base = new DefaultQueryExecutor(compiler, adapter, this, [...plugins])
  }

  get adapter(): DialectAdapter {
    return this.#base.adapter
  }

  get plugins(): readonly KyselyPlugin[] {
    return this.#base.plugins
  }

  transformQuery<Node extends RootOperationNode>(node: Node, queryId: QueryId): Node {
    return this.#base.transformQuery(node, queryId)
  }

  compileQuery<R = unknown>(node: RootOperationNode, queryId: QueryId): CompiledQuery<R> {
    return this.#compiler.compileQuery(node, queryId) as CompiledQuery<R>
  }

  async provideConnection<Value>(
    consumer: (connection: DatabaseConnection) => Promise<Value>,
  ): Promise<Value> {
    if (this.#provider) return await this.#provider.provideConnection(consumer)
    const refusal = this.#pool.refusal(undefined)
    if (refusal) throw refusal
    const connection = new PooledConnection(this.#pool)
    try {
      return await holding(this.#pool, () => consumer(connection))
    } finally {
      connection.release()
    }
  }

  executeQuery<R>(query: CompiledQuery<R>, options?: Pick<QueryLimits, 'signal'>): Promise<QueryResult<R>> {
    const limits = combineLimits(this.#limits, options)
    const result = (
      this.#provider
        ? this.#provider.provideConnection((connection) => connection.executeQuery<R>(query, limits))
        : this.#pool.execute(query, limits)
    ) as Promise<QueryResult<R>>
    return this.plugins.length === 0 ? result : this.#transformed(result, query.queryId)
  }

  async *stream<R>(
    query: CompiledQuery<R>,
    chunkSize: number,
    options?: Pick<QueryLimits, 'signal'>,
  ): AsyncIterableIterator<QueryResult<R>> {
    const limits = combineLimits(this.#limits, options)
    // The provider lets nobody else in while its callback runs. Taking the connection out of it is what makes a
    // query during the stream an error, and not a wait without end.
    const chunks = this.#provider
      ? (await this.#provider.provideConnection(async (connection) => connection)).streamQuery<R>(
          query,
          chunkSize,
          limits,
        )
      : (streamFromPool(this.#pool, query, chunkSize, limits) as AsyncIterableIterator<QueryResult<R>>)
    for await (const chunk of chunks) {
      yield this.plugins.length === 0 ? chunk : await this.#transformed(Promise.resolve(chunk), query.queryId)
    }
  }

  async #transformed<R>(result: Promise<QueryResult<R>>, queryId: QueryId): Promise<QueryResult<R>> {
    let transformed = (await result) as QueryResult<Record<string, unknown>>
    for (const plugin of this.plugins) {
      transformed = await plugin.transformResult({ queryId, result: transformed })
    }
    return transformed as QueryResult<R>
  }

  withConnectionProvider(provider: ConnectionProvider): PoolExecutor {
    return this.#with(this.plugins, provider)
  }

  withPlugin(plugin: KyselyPlugin): PoolExecutor {
    return this.#with([...this.plugins, plugin])
  }

  withPlugins(plugins: readonly KyselyPlugin[]): PoolExecutor {
    return this.#with([...this.plugins, ...plugins])
  }

  withPluginAtFront(plugin: KyselyPlugin): PoolExecutor {
    return this.#with([plugin, ...this.plugins])
  }

  withoutPlugins(): PoolExecutor {
    return this.#with([])
  }

  #with(plugins: readonly KyselyPlugin[], provider = this.#provider): PoolExecutor {
    return new PoolExecutor(this.#pool, this.#compiler, this.adapter, plugins, provider, this.#limits)
  }
}
