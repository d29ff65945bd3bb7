import { CompiledQuery, Log, type LogConfig } from 'kysely'

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
      await this.#reportError(compiled, error, started)
      throw error
    }
    await this.#reportQuery(compiled, started, false)
    return value
  }

  async *stream<Chunk>(query: CompiledQuery, chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk, void> {
    const started = performance.now()
    let hasFailed = false
    try {
      yield* chunks
    } catch (error) {
      hasFailed = true
      await this.#reportError(query, error, started)
      throw error
    } finally {
      if (!hasFailed) await this.#reportQuery(query, started, true)
    }
  }

  #reportQuery(query: CompiledQuery, started: number, isStream: boolean): Promise<void> {
    return this.#log.query(() => ({
      level: 'query',
      isStream,
      query,
      queryDurationMillis: performance.now() - started,
    }))
  }

  #reportError(query: CompiledQuery, error: unknown, started: number): Promise<void> {
    return this.#log.error(() => ({
      level: 'error',
      error,
      query,
      queryDurationMillis: performance.now() - started,
    }))
  }
}
