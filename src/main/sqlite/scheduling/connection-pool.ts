import type { CompiledQuery } from 'kysely'
import type { DatabaseReplacedError } from '../errors/open-errors.ts'
import { NestedQueryError, PoolClosedError, WorkerLostError } from '../errors/query-errors.ts'
import type { HousekeepingClient } from '../housekeeping/housekeeping-client.ts'
import { BatchJob, QueryJob, type Result, resultIn, resultsIn } from '../links/jobs.ts'
import { ParameterCheck } from '../links/parameters.ts'
import type { LimitWatch } from '../links/query-limits.ts'
import type { ThreadLink } from '../links/thread-link.ts'
import { usualPatience } from '../open/busy-wait.ts'
import { RowBuilders } from '../wire/cells.ts'
import { isReadByText } from '../wire/leading-keyword.ts'
import { type BatchStatement, largestValueBytes, Place } from '../wire/protocol.ts'
import { ClosingOrder } from './closing-order.ts'
import { Connections } from './connections.ts'
import { isHolding } from './nesting.ts'
import type { PoolSettings } from './pool-options.ts'
import { QueryAborts } from './query-aborts.ts'
import type { ReaderSet } from './reader-set.ts'
import { type ScheduledBackupOptions, ScheduledBackups } from './scheduled-backups.ts'
import type { WriterQueue } from './writer-queue.ts'

/** One writer and some readers on one database: decides what runs where. */
export class ConnectionPool {
  readonly path: string
  readonly settings: PoolSettings
  readonly writer: WriterQueue
  readonly readers: ReaderSet
  readonly aborts: QueryAborts
  readonly builders = new RowBuilders()
  readonly #connections: Connections
  readonly #closing: ClosingOrder
  #scheduled: ScheduledBackups | undefined
  #state: 'open' | 'closing' | 'closed' = 'open'
  #closed: Promise<void> | undefined

  private constructor(
    path: string,
    migrations: readonly string[],
    settings: PoolSettings,
    cloneTo: string | undefined,
  ) {
    this.path = path
    this.settings = settings
    const events = {
      onLost: (link: ThreadLink, error: unknown) => this.#onLost(link, error),
      onAnswer: () => this.noticeIdle(),
      onFilesLost: (error: DatabaseReplacedError) => {
        // They would copy the file that is there now, and remove good backups.
        this.#scheduled?.stop()
        settings.onFilesLost?.(error)
      },
    }
    this.#connections = new Connections(path, migrations, settings, events, cloneTo)
    this.writer = this.#connections.writer
    this.readers = this.#connections.readers
    this.#closing = new ClosingOrder(this.#connections, settings.closeTimeout)
    this.aborts = new QueryAborts(this.writer, this.readers, {
      onReplaced: (link) => this.#takeOver(link, new Error('the thread was replaced'), undefined),
      onWithdrawn: () => this.noticeIdle(),
    })
  }

  /**
   * Opens the writer. Readers open the database after {@link startReaders}, when the database can be read.
   *
   * @param cloneTo where a clone of the database goes if migrations are pending and the filesystem can make one.
   */
  static async open(
    path: string,
    migrations: readonly string[],
    settings: PoolSettings,
    cloneTo?: string,
  ): Promise<ConnectionPool> {
    const pool = new ConnectionPool(path, migrations, settings, cloneTo)
    const opening = pool.writer.open()
    pool.readers.prepare()
    try {
      await opening
      if (pool.hasReaders) return pool
      await pool.readers.close(new Error('the database has one connection only'))
      return pool
    } catch (error) {
      await pool.close()
      throw error
    }
  }

  /** Which file this pool has open; undefined if that is not known. */
  get fileId(): string | undefined {
    return this.#connections.fileId
  }

  /** Whether there are readers. Without a write-ahead log, the connection that writes does the reading too. */
  get hasReaders(): boolean {
    return this.writer.hasWal
  }

  /** Opening is done. */
  startReaders(): void {
    this.#connections.beAsPatientAs(usualPatience)
    if (this.hasReaders) this.readers.startWanted()
  }

  /** Starts to make backups from time to time. Closing ends that. */
  scheduleBackups(options: Omit<ScheduledBackupOptions, 'databasePath' | 'fileId' | 'isIdle'>): void {
    const isIdle = () => this.writer.isIdle && this.readers.isIdle
    this.#scheduled = new ScheduledBackups({
      ...options,
      databasePath: this.path,
      fileId: () => this.fileId,
      isIdle,
    })
    this.#closing.include(this.#scheduled)
  }

  /**
   * Runs a query on the right connection, outside any transaction. Even the first read runs on a reader, also while the
   * readers are still starting: its result must not depend on how long the pool has been open.
   */
  async execute(query: CompiledQuery, watch?: LimitWatch): Promise<Result> {
    const { sql } = query
    const refusal = this.refusal(sql)
    if (refusal) throw refusal
    const check = this.parameterCheck()
    const values = check.check(sql, query.parameters)
    const place = this.hasReaders && isRead(query) ? Place.reader : Place.writer
    const job = new QueryJob(sql, values, check.bytes, place, watch)
    this.aborts.limit(job)
    this.#submit(job)
    return resultIn(await job.outcome, sql, this.builders)
  }

  /** Runs queries in one transaction, sent as one message. */
  async batch(queries: readonly CompiledQuery[], watch?: LimitWatch): Promise<Result[]> {
    const refusal = this.refusal(queries[0]?.sql)
    if (refusal) throw refusal
    const check = this.parameterCheck()
    const statements = queries.map(
      ({ sql, parameters }): BatchStatement => [sql, check.check(sql, parameters)],
    )
    const job = new BatchJob(statements, check.bytes, watch)
    this.aborts.limit(job)
    this.writer.submit(job)
    return resultsIn(await job.outcome, job.sql, this.builders)
  }

  /** A check for the values of one request. */
  parameterCheck(): ParameterCheck {
    const { mode, heapLimit } = this.settings
    // A thread has the strings on its heap, in addition to what it makes from them.
    return new ParameterCheck(mode === 'inline' ? largestValueBytes : (heapLimit / 2) * 2 ** 20)
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

  /** Why the pool refuses a query on `db` itself; undefined if it does not refuse it. */
  refusal(sql: string | undefined): Error | undefined {
    if (this.#state !== 'open') return new PoolClosedError(this.path)
    return isHolding(this) ? new NestedQueryError(sql) : undefined
  }

  #submit(job: QueryJob): void {
    if (job.isSettled) return
    if (job.place === Place.reader) {
      job.onNotReadonly = this.#onNotReadonly
      this.readers.submit(job)
    } else this.writer.submit(job)
  }

  /** SQLite reports that the statement may write. It also reports this for an `explain` of a write. */
  readonly #onNotReadonly = (job: QueryJob) => {
    job.place = Place.writer
    this.writer.submit(job)
  }

  /** Gives up a thread whose connection cannot be restored for the next caller. */
  discard(link: ThreadLink, error: Error): void {
    this.#onLost(link, error)
    link.terminate().catch(() => undefined)
  }

  #onLost(link: ThreadLink, error: unknown): void {
    if (this.#state !== 'closed') {
      if (link.role === 'writer') this.writer.replace(link)
      else this.readers.replace(link)
    }
    this.#takeOver(link, error, link.control.running)
  }

  /** Fails what a thread had in hand; what only waited to be read there is read elsewhere. */
  #takeOver(link: ThreadLink, error: unknown, running: number | undefined): void {
    for (const job of link.end(error)) {
      const isRetried = job instanceof QueryJob && job.isRepeatable && job.id !== running
      if (isRetried && this.#state !== 'closed') {
        job.id = 0
        this.#submit(job)
      } else job.fail(() => new WorkerLostError(link.role, job.sql, error))
    }
    this.noticeIdle()
  }

  /** From now on every write fails with `SQLITE_READONLY`, and an open transaction is rolled back; reads go on. */
  refuseWrites(): void {
    this.#connections.refuseWrites()
    // The folder of the backups is no longer this owner's either.
    this.#scheduled?.stop()
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

/** Whether a query only reads, as far as this can be determined without SQLite. */
export function isRead({ query, sql }: CompiledQuery): boolean {
  return query.kind === 'SelectQueryNode' || (query.kind === 'RawNode' && isReadByText(sql))
}
