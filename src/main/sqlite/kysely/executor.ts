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
import { type AbortOutcome, QueryAbortedError } from '../errors/query-errors.ts'
import {
  type CombinedLimits,
  combineLimits,
  type KyselyLimits,
  LimitWatch,
  type QueryLimits,
  withinLimits,
} from '../links/query-limits.ts'
import { type ConnectionPool, isRead } from '../scheduling/connection-pool.ts'
import { holding } from '../scheduling/nesting.ts'
import { LeasedConnection } from './leased-connection.ts'
import type { QueryLog } from './query-log.ts'
import { streamFromPool } from './stream-from-pool.ts'
import { demandChunkSize } from './streams.ts'

export interface ExecutorProps {
  readonly pool: ConnectionPool
  readonly compiler: QueryCompiler
  readonly adapter: DialectAdapter
  readonly plugins: readonly KyselyPlugin[]
  readonly log: QueryLog | undefined
  /** The limits of `within()`. */
  readonly limits: QueryLimits | undefined
  readonly onStatement?: ((sql: string) => void) | undefined
  /** The connection of a transaction or `connection()` callback. */
  readonly provider?: ConnectionProvider
}

/**
 * Kysely's way from a query to a result. Kysely's own leases a connection for every query before it knows which one
 * it is; this one hands the query to the pool, and leases a connection for transactions only.
 */
export class PoolExecutor implements QueryExecutor {
  readonly #props: ExecutorProps
  /** Does what is Kysely's own: plugins and compiling. */
  readonly #base: DefaultQueryExecutor

  constructor(props: ExecutorProps) {
    this.#props = props
    this.#base = new DefaultQueryExecutor(props.compiler, props.adapter, this, [...props.plugins])
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
    return this.#props.compiler.compileQuery(node, queryId) as CompiledQuery<R>
  }

  async provideConnection<Value>(
    consumer: (connection: DatabaseConnection) => Promise<Value>,
    options?: KyselyLimits,
  ): Promise<Value> {
    const { pool, provider } = this.#props
    const limits = combineLimits(this.#props.limits, options)
    const { signal } = options ?? {}
    if (signal?.aborted) throw new QueryAbortedError('', 'not-run', signal.reason)
    if (provider) return await provider.provideConnection(consumer)
    const refusal = pool.refusal(undefined)
    if (refusal) throw refusal
    const connection = new LeasedConnection(pool, limits)
    try {
      return await holding(pool, () => consumer(connection))
    } finally {
      connection.release()
    }
  }

  executeQuery<R>(query: CompiledQuery<R>, options?: KyselyLimits): Promise<QueryResult<R>> {
    const { log, plugins, onStatement } = this.#props
    onStatement?.(query.sql)
    const limits = combineLimits(this.#props.limits, options)
    const isPlain = !limits && !log && plugins.length === 0
    return (isPlain ? this.#run(query, undefined) : this.#runWithin(query, limits)) as Promise<QueryResult<R>>
  }

  async #runWithin(query: CompiledQuery, limits: CombinedLimits | undefined): Promise<QueryResult<unknown>> {
    const { log } = this.#props
    return await withinLimits(limits, async (watch) => {
      const run = () => this.#run(query, watch)
      const result = await (log ? log.run(query, run) : run())
      return await this.#transformed(result, query, watch, afterwards(query))
    })
  }

  #run(query: CompiledQuery, watch: LimitWatch | undefined): Promise<QueryResult<unknown>> {
    const { pool, provider } = this.#props
    return provider ? runOn(provider, query, watch) : pool.execute(query, watch)
  }

  async *stream<R>(
    query: CompiledQuery<R>,
    chunkSize: number,
    options?: KyselyLimits,
  ): AsyncIterableIterator<QueryResult<R>> {
    const { pool, provider, log, onStatement } = this.#props
    onStatement?.(query.sql)
    demandChunkSize(chunkSize)
    const watch = LimitWatch.start(combineLimits(this.#props.limits, options))
    try {
      const chunks = provider
        ? (await connectionOf(provider)).streamQuery<R>(query, chunkSize, undefined, watch)
        : (streamFromPool(pool, query, chunkSize, watch) as AsyncIterableIterator<QueryResult<R>>)
      for await (const chunk of log ? log.stream(query, chunks) : chunks) {
        yield await this.#transformed(chunk, query, watch, afterwards(query))
      }
    } finally {
      watch?.stop()
    }
  }

  async #transformed<R>(
    result: QueryResult<R>,
    query: CompiledQuery,
    watch: LimitWatch | undefined,
    outcome: AbortOutcome,
  ): Promise<QueryResult<R>> {
    const { plugins, provider } = this.#props
    if (plugins.length === 0) return result
    const { queryId, sql } = query
    const transformed = transformResult(plugins, result, queryId, watch?.signal)
    if (!watch) return await transformed
    const connection = provider && (await connectionOf(provider))
    return await watch.race(transformed, sql, () => connection?.abandon(sql, outcome, watch) ?? outcome)
  }

  withConnectionProvider(provider: ConnectionProvider): PoolExecutor {
    return new PoolExecutor({ ...this.#props, provider })
  }

  withPlugin(plugin: KyselyPlugin): PoolExecutor {
    return this.#withPlugins([...this.plugins, plugin])
  }

  withPlugins(plugins: readonly KyselyPlugin[]): PoolExecutor {
    return this.#withPlugins([...this.plugins, ...plugins])
  }

  withPluginAtFront(plugin: KyselyPlugin): PoolExecutor {
    return this.#withPlugins([plugin, ...this.plugins])
  }

  withoutPlugins(): PoolExecutor {
    return this.#withPlugins([])
  }

  #withPlugins(plugins: readonly KyselyPlugin[]): PoolExecutor {
    return new PoolExecutor({ ...this.#props, plugins })
  }
}

/** The outcome of an abort that comes after the statement, while its result is transformed. */
function afterwards(query: CompiledQuery): AbortOutcome {
  return isRead(query) ? 'stopped' : 'committed'
}

/**
 * Runs the query outside the provider, because the provider's own promise would remove the app's frames from the stack
 * of an error.
 */
async function runOn(
  provider: ConnectionProvider,
  query: CompiledQuery,
  watch: LimitWatch | undefined,
): Promise<QueryResult<unknown>> {
  const connection = await connectionOf(provider)
  return await connection.executeQuery(query, undefined, watch)
}

/** The provider runs one callback at a time. Work on the connection itself does not have to wait for that. */
async function connectionOf(provider: ConnectionProvider): Promise<LeasedConnection> {
  return (await provider.provideConnection(async (connection) => connection)) as LeasedConnection
}

/** Transforms a result with the plugins, in their order. */
export async function transformResult<R>(
  plugins: readonly KyselyPlugin[],
  result: QueryResult<R>,
  queryId: QueryId,
  signal: AbortSignal | undefined,
): Promise<QueryResult<R>> {
  let transformed = result as QueryResult<Record<string, unknown>>
  for (const plugin of plugins) {
    transformed = await plugin.transformResult({ queryId, result: transformed, signal })
  }
  return transformed as QueryResult<R>
}
