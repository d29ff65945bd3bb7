import type { CompiledQuery } from 'kysely'
import { ClosingOrder } from './closing-order.ts'
import { Connections } from './connections.ts'
import type { HousekeepingClient } from './housekeeping-client.ts'
import { isHolding } from './nesting.ts'
import { checkParameters } from './parameters.ts'
import { Placement } from './placement.ts'
import type { PoolSettings } from './pool-options.ts'
import { type BatchStatement, Place } from './protocol.ts'
import { QueryAborts } from './query-aborts.ts'
import { NestedQueryError, PoolClosedError, WorkerLostError } from './query-errors.ts'
import { mayChangeSchema } from './query-kind.ts'
import { type CombinedLimits, isLimited } from './query-limits.ts'
import type { ReaderSet } from './reader-set.ts'
import { BatchJob, QueryJob, type Result } from './requests.ts'
import type { ThreadLink } from './thread-link.ts'
import type { WriterQueue } from './writer-queue.ts'

/** One writer and some readers on one database: decides what runs where. */
export class DatabasePool {
  readonly path: string
  readonly settings: PoolSettings
  readonly writer: WriterQueue
  readonly readers: ReaderSet
  readonly #aborts: QueryAborts
  readonly #connections: Connections
  readonly #closing: ClosingOrder
  readonly #placement = new Placement()
  #state: 'open' | 'closing' | 'closed' = 'open'
  #closed: Promise<void> | undefined

  private constructor(path: string, migrations: readonly string[], settings: PoolSettings) {
    this.path = path
    this.settings = settings
    this.#connections = new Connections(path, migrations, settings, {
      onLost: (link, error) => this.#onLost(link, error),
      onAnswer: () => this.noticeIdle(),
    })
    this.writer = this.#connections.writer
    this.readers = this.#connections.readers
    this.#closing = new ClosingOrder(this.writer, this.readers, settings.closeTimeout)
    this.#aborts = new QueryAborts(this.writer, this.readers, {
      onReplaced: (link) => this.#takeOver(link, new Error('the thread was replaced')),
      onWithdrawn: () => this.noticeIdle(),
    })
  }

  /** Opens the writer. Readers are started by {@link startReaders}, once there is something to read. */
  static async open(
    path: string,
    migrations: readonly string[],
    settings: PoolSettings,
  ): Promise<DatabasePool> {
    const pool = new DatabasePool(path, migrations, settings)
    await pool.writer.open()
    return pool
  }

  startReaders(): void {
    this.readers.startWanted()
  }

  /** Runs a query where it belongs, outside any transaction. */
  execute(query: CompiledQuery, limits?: CombinedLimits): Promise<Result> {
    const { sql } = query
    const refusal = this.refusal(sql)
    if (refusal) return Promise.reject(refusal)
    return new Promise((resolve, reject) => {
      const parameters = checkParameters(sql, query.parameters)
      const place = this.#placement.placeOf(query)
      const done = mayChangeSchema(query) ? this.#afterSchemaChange(resolve) : resolve
      const job = new QueryJob(sql, parameters, place, done, reject, isLimited(limits))
      if (limits) this.#aborts.limit(job, limits)
      this.#submit(job)
    })
  }

  /** Runs queries in one transaction, sent as one message. */
  batch(queries: readonly CompiledQuery[], limits?: CombinedLimits): Promise<Result[]> {
    const refusal = this.refusal(queries[0]?.sql)
    if (refusal) return Promise.reject(refusal)
    return new Promise((resolve, reject) => {
      const statements = queries.map(
        ({ sql, parameters }): BatchStatement => [sql, checkParameters(sql, parameters)],
      )
      const done = queries.some(mayChangeSchema) ? this.#afterSchemaChange(resolve) : resolve
      const job = new BatchJob(statements, done, reject, isLimited(limits))
      if (limits) this.#aborts.limit(job, limits)
      this.writer.submit(job)
    })
  }

  /**
   * What the connection that writes does besides statements.
   *
   * @throws {PoolClosedError} {NestedQueryError} {WorkerLostError}
   */
  async housekeeping(): Promise<HousekeepingClient> {
    const refusal = this.refusal(undefined)
    if (refusal) throw refusal
    if (!this.writer.link) await this.writer.open()
    const client = this.writer.link?.housekeeping
    if (!client) throw new WorkerLostError('writer', '', undefined)
    return client
  }

  /** Why nothing more may be asked of the pool itself; undefined where it may. */
  refusal(sql: string | undefined): Error | undefined {
    if (this.#state !== 'open') return new PoolClosedError(this.path)
    return isHolding(this) ? new NestedQueryError(sql) : undefined
  }

  #afterSchemaChange<Value>(resolve: (value: Value) => void): (value: Value) => void {
    return (value) => {
      this.schemaChanged()
      resolve(value)
    }
  }

  /** What readers have prepared may have other columns now. Whoever awaited the change is told after they are. */
  schemaChanged(): void {
    this.#connections.forgetStatements()
  }

  #submit(job: QueryJob): void {
    if (job.isGivenUp) return
    if (job.place === Place.writer) {
      this.writer.submit(job)
      return
    }
    job.onNotReadonly = this.#onNotReadonly
    const reader = this.readers.leastBusy()
    if (reader) reader.send(job)
    // Readers are still starting. The writer can read as well, if nobody has it.
    else if (this.writer.link && !this.writer.isLeased) this.writer.submit(job)
    else this.readers.submit(job)
  }

  readonly #onNotReadonly = (job: QueryJob) => {
    this.#placement.rememberWrite(job.sql)
    job.place = Place.writer
    this.writer.submit(job)
  }

  /** Replaces a reader that does not come back from a query nobody wants any more. */
  recover(link: ThreadLink, id: number): void {
    this.#aborts.recover(link, id)
  }

  #onLost(link: ThreadLink, error: unknown): void {
    if (this.#state !== 'closed') {
      if (link.role === 'writer') this.writer.replace(link)
      else this.readers.replace(link)
    }
    this.#takeOver(link, error)
  }

  /** Fails what a thread had in hand; what only waited to be read there is read elsewhere. */
  #takeOver(link: ThreadLink, error: unknown): void {
    const { running } = link.control
    const jobs = link.end(error)
    for (const job of jobs) {
      const isRetried = job instanceof QueryJob && job.isRepeatable && job.id !== running && !job.isGivenUp
      if (isRetried && this.#state !== 'closed') this.#submit(job)
      else job.fail(new WorkerLostError(link.role, job.sql, error))
    }
    this.noticeIdle()
  }

  /** From now on every write fails with `SQLITE_READONLY`, and an open transaction is rolled back; reads go on. */
  refuseWrites(): void {
    this.#connections.refuseWrites()
  }

  /** Looks whether closing can go on. */
  noticeIdle(): void {
    this.#closing.noticeIdle()
  }

  /** Waits for work that is under way, up to the deadline; then ends readers and writer, in that order. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#state = 'closing'
    await this.#closing.workDone()
    this.#state = 'closed'
    await this.#closing.end(new PoolClosedError(this.path))
  }
}
