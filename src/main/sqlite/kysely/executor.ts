import {
  CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type DialectAdapter,
  type KyselyPlugin,
  Log,
  type LogConfig,
  type QueryCompiler,
  type QueryId,
  type QueryResult,
} from 'kysely'
import { QueryAbortedError } from '../errors/query-errors.ts'
import type { Result } from '../links/jobs.ts'
import {
  type CombinedLimits,
  combineLimits,
  type KyselyLimits,
  LimitWatch,
  type QueryLimits,
  withinLimits,
} from '../links/query-limits.ts'
import { isRead, type Scheduler } from '../scheduling/scheduler.ts'
import { LeasedConnection } from './leased-connection.ts'
import { demandChunkSize, streamFromPool } from './streams.ts'

/** Reports queries to Kysely's `log`, with the same events and at the same times as Kysely's own driver. */
export class QueryLog {
  readonly #log: Log

  constructor(config: LogConfig) {
    this.#log = new Log(config)
  }

  /** @param query a query, or the SQL of a statement without parameters. */
  async run<Value>(query: CompiledQuery | string, work: () => Promise<Value>): Promise<Value> {
    const started = performance.now()
    const compiled = typeof query === 'string' ? CompiledQuery.raw(query) : query
    let value: Value
    try {
      value = await work()
    } catch (error) {
      await this.#report(compiled, started, { error })
      throw error
    }
    await this.#report(compiled, started, { isStream: false })
    return value
  }

  async *stream<Chunk>(query: CompiledQuery, chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk, void> {
    const started = performance.now()
    let hasFailed = false
    try {
      yield* chunks
    } catch (error) {
      hasFailed = true
      await this.#report(query, started, { error })
      throw error
    } finally {
      if (!hasFailed) await this.#report(query, started, { isStream: true })
    }
  }

  #report(
    query: CompiledQuery,
    started: number,
    outcome: { readonly error: unknown } | { readonly isStream: boolean },
  ): Promise<void> {
    const rest = () => ({ query, queryDurationMillis: performance.now() - started })
    return 'error' in outcome
      ? this.#log.error(() => ({ level: 'error', ...outcome, ...rest() }))
      : this.#log.query(() => ({ level: 'query', ...outcome, ...rest() }))
  }
}

/** What the queries of a Kysely go through besides connections. */
export interface QuerySurroundings {
  readonly plugins: readonly KyselyPlugin[]
  readonly log: QueryLog | undefined
  /** The limits of each query: those of `within()`. */
  readonly limits?: QueryLimits
  /** Called with the text of each query before it runs. */
  readonly onStatement?: (sql: string) => void
}

interface ExecutorProps extends QuerySurroundings {
  readonly scheduler: Scheduler
  readonly compiler: QueryCompiler
  readonly adapter: DialectAdapter
  /** The connection of a transaction or `connection()` callback. */
  readonly provider?: ConnectionProvider
}

/** Of Kysely's own executor. {@link PoolExecutor} has the connections. */
const unused: ConnectionProvider = { provideConnection: () => Promise.reject(new Error('not used')) }

/**
 * Kysely's way from a query to a result. Kysely's own executor leases a connection for every query. This one gives the
 * query to the scheduler, and leases a connection for transactions only.
 */
export class PoolExecutor extends DefaultQueryExecutor {
  readonly #props: ExecutorProps

  constructor(props: ExecutorProps) {
    super(props.compiler, props.adapter, unused, [...props.plugins])
    this.#props = props
  }

  override async provideConnection<Value>(
    consumer: (connection: DatabaseConnection) => Promise<Value>,
    options?: KyselyLimits,
  ): Promise<Value> {
    const { scheduler, provider } = this.#props
    const limits = combineLimits(this.#props.limits, options)
    const { signal } = options ?? {}
    if (signal?.aborted) throw new QueryAbortedError('', 'not-run', signal.reason)
    if (provider) return await provider.provideConnection(consumer)
    scheduler.demandOpen(undefined)
    const connection = new LeasedConnection(scheduler, limits)
    try {
      return await scheduler.holding(() => consumer(connection))
    } finally {
      connection.release()
    }
  }

  override executeQuery<R>(query: CompiledQuery, options?: KyselyLimits): Promise<QueryResult<R>> {
    const { limits, log, plugins, onStatement } = this.#props
    onStatement?.(query.sql)
    const isPlain = !limits && !options && !log && plugins.length === 0
    const run = isPlain ? this.#run(query, undefined) : this.#runWithin(query, combineLimits(limits, options))
    return run as Promise<QueryResult<R>>
  }

  async #runWithin(query: CompiledQuery, limits: CombinedLimits | undefined): Promise<QueryResult<unknown>> {
    const { log } = this.#props
    return await withinLimits(limits, async (watch) => {
      const run = () => this.#run(query, watch)
      const result = await (log ? log.run(query, run) : run())
      return await this.#transformed(result, query, watch)
    })
  }

  /** Runs queries in one transaction on the writer. */
  async executeBatch(queries: readonly CompiledQuery[], limits: QueryLimits): Promise<Result[]> {
    const { scheduler, log } = this.#props
    const [first] = queries
    return await withinLimits(limits, async (watch) => {
      const run = () => scheduler.batch(queries, watch)
      const results = await (log && first ? log.run(first, run) : run())
      const transformed: Result[] = []
      for (const [index, query] of queries.entries())
        transformed.push(await this.#transformed(results[index] ?? { rows: [] }, query, watch))
      return transformed
    })
  }

  #run(query: CompiledQuery, watch: LimitWatch | undefined): Promise<QueryResult<unknown>> {
    const { scheduler, provider } = this.#props
    return provider ? runOn(provider, query, watch) : scheduler.execute(query, watch)
  }

  override async *stream<R>(
    query: CompiledQuery,
    chunkSize: number,
    options?: KyselyLimits,
  ): AsyncIterableIterator<QueryResult<R>> {
    const { scheduler, provider, log, onStatement } = this.#props
    onStatement?.(query.sql)
    demandChunkSize(chunkSize)
    const watch = LimitWatch.start(combineLimits(this.#props.limits, options))
    try {
      const chunks = provider
        ? (await connectionOf(provider)).streamQuery<R>(query, chunkSize, undefined, watch)
        : (streamFromPool(scheduler, query, chunkSize, watch) as AsyncIterableIterator<QueryResult<R>>)
      for await (const chunk of log ? log.stream(query, chunks) : chunks) {
        yield await this.#transformed(chunk, query, watch)
      }
    } finally {
      watch?.stop()
    }
  }

  async #transformed<R>(
    result: QueryResult<R>,
    query: CompiledQuery,
    watch: LimitWatch | undefined,
  ): Promise<QueryResult<R>> {
    const { plugins, provider } = this.#props
    if (plugins.length === 0) return result
    const { queryId, sql } = query
    const transformed = transformResult(plugins, result, queryId, watch?.signal)
    if (!watch) return await transformed
    const connection = provider && (await connectionOf(provider))
    const outcome = isRead(query) ? 'stopped' : 'committed'
    return await watch.race(transformed, sql, () => connection?.abandon(sql, outcome, watch) ?? outcome)
  }

  override withConnectionProvider(provider: ConnectionProvider): PoolExecutor {
    return new PoolExecutor({ ...this.#props, provider })
  }

  override withPlugin(plugin: KyselyPlugin): PoolExecutor {
    return this.withPlugins([plugin])
  }

  override withPlugins(plugins: readonly KyselyPlugin[]): PoolExecutor {
    return new PoolExecutor({ ...this.#props, plugins: [...this.plugins, ...plugins] })
  }

  override withPluginAtFront(plugin: KyselyPlugin): PoolExecutor {
    return new PoolExecutor({ ...this.#props, plugins: [plugin, ...this.plugins] })
  }

  override withoutPlugins(): PoolExecutor {
    return new PoolExecutor({ ...this.#props, plugins: [] })
  }
}

/** Runs the query outside the provider, whose own promise would remove the app's frames from the stack of an error. */
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
async function transformResult<R>(
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
