import type { CompiledQuery } from 'kysely'
import type { PinnedLog } from './housekeeping.ts'
import type { HousekeepingClient } from './housekeeping-client.ts'
import { InlineLink } from './inline-link.ts'
import type { Job } from './job.ts'
import { isHolding } from './nesting.ts'
import { checkParameters } from './parameters.ts'
import type { PoolSettings } from './pool-options.ts'
import { type BatchStatement, noSlot, Place, RequestType } from './protocol.ts'
import { QueryAborts } from './query-aborts.ts'
import { NestedQueryError, PoolClosedError, WorkerLostError } from './query-errors.ts'
import { mayBeRead, mayChangeSchema } from './query-kind.ts'
import { isLimited, type QueryLimits } from './query-limits.ts'
import { ReaderSet } from './reader-set.ts'
import { ask, BatchJob, QueryJob, type Result } from './requests.ts'
import { ThreadControl } from './thread-control.ts'
import type { ThreadLink } from './thread-link.ts'
import { WorkerLink } from './worker-link.ts'
import { WriterQueue } from './writer-queue.ts'

/** How many statements are remembered as writes although they begin as reads do. */
const rememberedWrites = 1_000

/** One writer and some readers on one database: decides what runs where. */
export class DatabasePool {
  readonly path: string
  readonly settings: PoolSettings
  readonly writer: WriterQueue
  readonly readers: ReaderSet
  readonly #aborts: QueryAborts
  readonly #migrations: readonly string[]
  readonly #writes = new Set<string>()
  #state: 'open' | 'closing' | 'closed' = 'open'
  #refusesWrites = false
  #closed: Promise<void> | undefined
  #onIdle: (() => void) | undefined

  private constructor(path: string, migrations: readonly string[], settings: PoolSettings) {
    this.path = path
    this.settings = settings
    this.#migrations = migrations
    this.writer = new WriterQueue(() => this.#startWriter(), settings.waitTimeout)
    this.readers = new ReaderSet(
      () => this.#startLink('reader'),
      settings.mode === 'inline' ? 1 : settings.readers,
      settings.waitTimeout,
    )
    this.#aborts = new QueryAborts(this.writer, this.readers, (link) => {
      this.#takeOver(link, new Error('the thread was replaced'))
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

  async #startWriter(): Promise<ThreadLink> {
    const link = this.#startLink('writer')
    await link.opened
    if (this.#refusesWrites) await ask(link, '', (id) => [RequestType.refuseWrites, id])
    return link
  }

  #startLink(role: 'writer' | 'reader'): ThreadLink {
    const { path, settings } = this
    const { integers, statementCacheSize } = settings
    const migrations = role === 'writer' ? this.#migrations : undefined
    const options = { path, role, migrations, integers, statementCacheSize }
    const control = new ThreadControl()
    const events = {
      onLost: (link: ThreadLink, error: unknown) => this.#onLost(link, error),
      onAnswer: (link: ThreadLink, job: Job, milliseconds: number) => this.#onAnswer(link, job, milliseconds),
      onPinnedLog: (log: PinnedLog) => this.#onPinnedLog(log),
    }
    return settings.mode === 'inline'
      ? new InlineLink(options, control, events)
      : new WorkerLink(options, control, settings.heapLimit, events)
  }

  /** Runs a query where it belongs, outside any transaction. */
  execute(query: CompiledQuery, limits?: QueryLimits): Promise<Result> {
    const { sql } = query
    const refusal = this.refusal(sql)
    if (refusal) return Promise.reject(refusal)
    return new Promise((resolve, reject) => {
      const parameters = checkParameters(sql, query.parameters)
      const place = this.#placeOf(query)
      const done = mayChangeSchema(query) ? this.#afterSchemaChange(resolve) : resolve
      const job = new QueryJob(sql, parameters, place, done, reject, isLimited(limits))
      if (limits) this.#aborts.limit(job, limits)
      this.#submit(job)
    })
  }

  /** Runs queries in one transaction, sent as one message. */
  batch(queries: readonly CompiledQuery[], limits?: QueryLimits): Promise<Result[]> {
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

  #onPinnedLog(log: PinnedLog): void {
    const statements = this.readers.busyStatements
    this.settings.onPinnedLog?.({ ...log, statements })
  }

  /** Why nothing more may be asked of the pool itself; undefined where it may. */
  refusal(sql: string | undefined): Error | undefined {
    if (this.#state !== 'open') return new PoolClosedError(this.path)
    return isHolding(this) ? new NestedQueryError(sql) : undefined
  }

  #placeOf(query: CompiledQuery): Place {
    return mayBeRead(query) && !this.#writes.has(query.sql) ? Place.reader : Place.writer
  }

  #afterSchemaChange<Value>(resolve: (value: Value) => void): (value: Value) => void {
    return (value) => {
      this.schemaChanged()
      resolve(value)
    }
  }

  /** What readers have prepared may have other columns now. Whoever awaited the change is told after they are. */
  schemaChanged(): void {
    for (const link of this.readers.links) {
      // A reader that ends meanwhile has nothing prepared any more.
      if (link.isOpen) ask(link, '', (id) => [RequestType.forgetStatements, id]).catch(() => undefined)
    }
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
    if (this.#writes.size >= rememberedWrites) this.#writes.clear()
    this.#writes.add(job.sql)
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
    this.#noticeIdle()
  }

  #onAnswer(link: ThreadLink, job: Job, milliseconds: number): void {
    const { onSlowQuery, slowQueryThreshold } = this.settings
    if (onSlowQuery && milliseconds >= slowQueryThreshold && job.sql !== '') {
      const query = { sql: job.sql, milliseconds, role: link.role }
      // Its errors are the app's own, and no reason to lose an answer.
      queueMicrotask(() => onSlowQuery(query))
    }
    if (link.role === 'reader') this.readers.trim(link)
    if (this.#onIdle) this.#noticeIdle()
  }

  /** From now on every write fails with `SQLITE_READONLY`, and an open transaction is rolled back; reads go on. */
  refuseWrites(): void {
    this.#refusesWrites = true
    const { link } = this.writer
    if (!link || this.#state === 'closed') return
    // A writer that ends meanwhile is followed by one that is told the same.
    ask(link, '', (id) => [RequestType.refuseWrites, id]).catch(() => undefined)
  }

  /** Looks whether closing can go on. */
  noticeIdle(): void {
    if (this.#onIdle) this.#noticeIdle()
  }

  #noticeIdle(): void {
    if (this.writer.isIdle && this.readers.isIdle) this.#onIdle?.()
  }

  /** Waits for work that is under way, up to the deadline; then ends readers and writer, in that order. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#state = 'closing'
    const { housekeeping } = this.writer.link ?? {}
    await Promise.all([
      this.#idle(),
      Promise.race([housekeeping?.stop(), deadline(this.settings.closeTimeout)]),
    ])
    this.#state = 'closed'
    const error = new PoolClosedError(this.path)
    this.writer.refuseWaiting(error)
    this.readers.refuseWaiting(error)
    for (const link of this.readers.links) for (const job of link.end(error)) job.fail(error)
    // A reader that SQLite does not return from changes nothing; it ends later.
    await Promise.race([this.readers.close(), deadline(this.settings.closeTimeout)])
    const { link } = this.writer
    if (!link) return
    for (const job of link.takeJobs()) {
      if (job.slot !== noSlot) link.control.abort(job.slot)
      job.fail(error)
    }
    // A thread that ends by itself leaves the connection closed as well.
    const told = ask(link, '', (id) => [RequestType.close, id]).catch(() => undefined)
    await Promise.race([told, deadline(this.settings.closeTimeout)])
    link.end(error)
    await link.terminate()
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.settings.closeTimeout)
      this.#onIdle = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#noticeIdle()
    })
  }
}

function deadline(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
}
