import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CompiledQuery } from 'kysely'
import { DatabaseReplacedError } from '../errors/open-errors.ts'
import {
  type AbortOutcome,
  NestedQueryError,
  PoolClosedError,
  WorkerLostError,
} from '../errors/query-errors.ts'
import type { PinnedLog } from '../housekeeping/housekeeping.ts'
import type { EarlyLink } from '../links/early-link.ts'
import {
  type Job,
  ParameterCheck,
  PlainJob,
  QueryJob,
  type RawParameters,
  type RawResult,
  type Result,
  rawResultIn,
  resultIn,
  resultsIn,
} from '../links/jobs.ts'
import type { LimitWatch } from '../links/query-limits.ts'
import type { LinkEvents, ThreadLink } from '../links/thread-link.ts'
import { RowBuilders } from '../wire/cells.ts'
import { isReadByText } from '../wire/leading-keyword.ts'
import {
  type BatchStatement,
  type IntegerPolicy,
  largestValueBytes,
  Place,
  RequestType,
} from '../wire/protocol.ts'
import type { PoolSettings } from './pool-options.ts'
import { ReaderSet } from './reader-set.ts'
import { type Lease, WriterQueue } from './writer-queue.ts'

/** How long an aborted read may take to return before another reader takes its thread's place, in milliseconds. */
const abortGrace = 50

/** How many milliseconds an error waits for the check of the files. */
const longestLook = 1_000

/** A callback that has a connection to itself, and the callback that called it. */
interface Held {
  readonly scheduler: Scheduler
  readonly outer: Held | undefined
  isOver: boolean
}

const held = new AsyncLocalStorage<Held>()

/**
 * Decides which connection of a pool runs a job: the writer, or one of the readers. It ends jobs that reach their
 * limits, and gives the reads of a lost thread to another one.
 *
 * It is `open`, then `closing` while work in progress continues, then `closed`. It refuses new queries from `closing`
 * on, and replaces no thread when it is `closed`.
 */
export class Scheduler implements LinkEvents {
  readonly path: string
  readonly writer: WriterQueue
  readonly readers: ReaderSet
  readonly builders = new RowBuilders()
  /** Answers short reads until the threads are open. */
  early: EarlyLink | undefined
  /** The identity of the file that the first connection has opened; undefined if it is not known. */
  fileId: string | undefined
  state: 'open' | 'closing' | 'closed' = 'open'
  /** Called when there may be no work under way. Only while closing. */
  onIdle: (() => void) | undefined
  readonly #settings: PoolSettings
  readonly #onRefuseWrites: () => void
  #refusesWrites = false
  #lostBecause: DatabaseReplacedError | undefined

  /** @param start starts a connection. If it opens the database later, the promise resolves to whether it may do so. */
  constructor(
    path: string,
    settings: PoolSettings,
    start: (role: 'writer' | 'reader', mayOpen?: Promise<boolean>) => ThreadLink,
    onRefuseWrites: () => void,
  ) {
    this.path = path
    this.#settings = settings
    this.#onRefuseWrites = onRefuseWrites
    const { mode, waitTimeout } = settings
    this.writer = new WriterQueue(() => this.#openWriter(start('writer')), waitTimeout)
    this.readers = new ReaderSet(
      (mayOpen) => start('reader', mayOpen),
      mode === 'inline' ? { ...settings, readers: 1 } : settings,
      (error) => this.#explained(error),
    )
  }

  /** Whether there are readers. Without a write-ahead log, the connection that writes also reads. */
  get hasReaders(): boolean {
    return this.writer.hasWal
  }

  get integers(): IntegerPolicy {
    return this.#settings.integers
  }

  get isIdle(): boolean {
    return this.writer.isIdle && this.readers.isIdle
  }

  // Queries.

  /**
   * Runs a query on the right connection, outside any transaction. Even the first read runs on a reader, also while the
   * readers are still starting: its result must not depend on how long the pool has been open.
   */
  async execute(query: CompiledQuery, watch?: LimitWatch): Promise<Result> {
    const { sql } = query
    this.demandOpen(sql)
    const job = this.#start(sql, query.parameters, isRead(query), watch)
    return resultIn(await job.outcome, sql, this.builders)
  }

  /** Like {@link execute}, for SQL text, with rows as arrays. */
  async executeRaw(sql: string, parameters: RawParameters, watch?: LimitWatch): Promise<RawResult> {
    this.demandOpen(sql)
    const job = this.#start(sql, parameters, isReadByText(sql), watch)
    return rawResultIn(await job.outcome, sql, this.builders, this.integers)
  }

  #start(sql: string, parameters: RawParameters, isRead: boolean, watch?: LimitWatch): QueryJob {
    const check = this.parameterCheck()
    const values = check.check(sql, parameters)
    const place = this.hasReaders && isRead ? Place.reader : Place.writer
    const job = new QueryJob(sql, values, check.bytes, place, watch)
    if (watch) this.limit(job, watch)
    this.#submit(job)
    return job
  }

  /** Runs queries in one transaction, sent as one message. */
  async batch(queries: readonly CompiledQuery[], watch?: LimitWatch): Promise<Result[]> {
    this.demandOpen(queries[0]?.sql)
    const check = this.parameterCheck()
    const statements = queries.map(
      ({ sql, parameters }): BatchStatement => [sql, check.check(sql, parameters)],
    )
    const job = new PlainJob(
      statements.map(([sql]) => sql).join('; '),
      ({ id, slot }) => [RequestType.batch, id, slot, statements],
      { bytes: check.bytes, watch },
    )
    if (watch) this.limit(job, watch)
    this.writer.submit(job)
    return resultsIn(await job.outcome, job.sql, this.builders)
  }

  /** A check for the values of one request. */
  parameterCheck(): ParameterCheck {
    const { mode, heapLimit } = this.#settings
    // A thread has the strings on its heap, in addition to what it makes from them.
    return new ParameterCheck(mode === 'inline' ? largestValueBytes : (heapLimit / 2) * 2 ** 20)
  }

  /** @throws {PoolClosedError} {NestedQueryError} if the pool refuses a query on `db` itself. */
  demandOpen(sql: string | undefined): void {
    if (this.state !== 'open') throw new PoolClosedError(this.path)
    for (let mark = held.getStore(); mark; mark = mark.outer)
      if (mark.scheduler === this && !mark.isOver) throw new NestedQueryError(sql)
  }

  /**
   * Runs a callback that has a connection to itself. Until the callback ends, queries on `db` inside it are refused.
   */
  async holding<Value>(work: () => Promise<Value>): Promise<Value> {
    const mark: Held = { scheduler: this, outer: held.getStore(), isOver: false }
    try {
      return await held.run(mark, work)
    } finally {
      // Code that the callback left running may use the pool like any other code.
      mark.isOver = true
    }
  }

  #submit(job: QueryJob): void {
    if (job.isSettled) return
    if (job.place === Place.reader) {
      job.onNotReadonly = this.#onNotReadonly
      if (!this.early?.answer(job)) this.readers.submit(job)
    } else this.writer.submit(job)
  }

  /** SQLite reports that the statement may write. It also reports this for an `explain` of a write. */
  readonly #onNotReadonly = (job: QueryJob) => {
    job.place = Place.writer
    this.writer.submit(job)
  }

  // Leases.

  /** Waits for exclusive use of a connection. The lease may be granted or refused before this returns. */
  lease(role: 'writer' | 'reader', lease: Lease): void {
    this.#connectionsFor(role).lease(lease)
  }

  /** Ends the wait of a lease, or of a job that was aborted. */
  withdraw(what: Job | Lease): void {
    this.writer.withdraw(what)
    this.readers.withdraw(what)
    this.onIdle?.()
  }

  giveBack(link: ThreadLink): void {
    this.#connectionsFor(link.role).giveBack(link)
    this.onIdle?.()
  }

  #connectionsFor(role: 'writer' | 'reader'): WriterQueue | ReaderSet {
    return role === 'writer' ? this.writer : this.readers
  }

  // Aborts.

  /**
   * Ends a job when its limits are reached. Call it before the job is submitted. If the job is settled afterwards, do
   * not submit it.
   *
   * @param onAborted is called when that happens, before the job fails. It may return another outcome.
   */
  limit(job: Job, watch: LimitWatch, onAborted = (outcome: AbortOutcome): AbortOutcome => outcome): void {
    const abort = () => {
      const outcome = this.#abort(job, watch)
      if (outcome === 'too-late') {
        watch.dismiss()
        return
      }
      const final = onAborted(outcome)
      job.fail(() => watch.error(job.sql, final))
    }
    if (watch.isReached) abort()
    else watch.onReached = abort
  }

  /** @returns 'too-late' for a write that is being committed. It takes effect, and its caller gets the result. */
  #abort(job: Job, watch: LimitWatch): AbortOutcome | 'too-late' {
    const link = [this.writer.link, ...this.readers.links].find((one) => one?.jobs.get(job.id) === job)
    if (!link) {
      this.withdraw(job)
      return 'not-run'
    }
    if (watch.isLeftRunning) return job.isRepeatable ? 'stopped' : 'unknown'
    const result = link.control.abort(job.slot)
    if (result !== 'too-late' && link.role === 'reader') this.recover(link, job.id)
    return result
  }

  /** Replaces a reader that does not return from a query that was aborted. */
  recover(link: ThreadLink, id: number): void {
    const check = () => {
      if (!link.jobs.has(id)) return
      // The aborted query may still be waiting behind another caller's query.
      if (link.control.running === id && this.readers.retire(link))
        this.#takeOver(link, new Error('the thread was replaced'), undefined)
      else setTimeout(check, abortGrace).unref()
    }
    setTimeout(check, abortGrace).unref()
  }

  // What links report.

  onAnswer(link: ThreadLink, job: Job, milliseconds: number): void {
    const { onSlowQuery, slowQueryThreshold } = this.#settings
    if (onSlowQuery && milliseconds >= slowQueryThreshold && job.sql !== '') {
      const query = { sql: job.sql, milliseconds, role: link.role }
      // An error that the app's callback throws must not prevent the next answer.
      queueMicrotask(() => onSlowQuery(query))
    }
    if (link.role === 'reader') this.readers.noticeAnswer(link)
    this.onIdle?.()
  }

  onLost(link: ThreadLink, error: unknown): void {
    if (this.state !== 'closed') this.#connectionsFor(link.role).replace(link)
    this.#takeOver(link, error, link.control.running)
  }

  /** Gives up a thread whose connection cannot be restored for the next caller. */
  discard(link: ThreadLink, error: Error): void {
    this.onLost(link, error)
    link.terminate().catch(() => undefined)
  }

  /** Sends reads that a lost thread had not begun to another one. Everything else that it had to answer fails. */
  #takeOver(link: ThreadLink, error: unknown, running: number | undefined): void {
    for (const job of link.end(error)) {
      const isRetried = job instanceof QueryJob && job.isRepeatable && job.id !== running
      if (isRetried && this.state !== 'closed') {
        job.id = 0
        this.#submit(job)
      } else job.fail(() => new WorkerLostError(link.role, job.sql, error))
    }
    this.onIdle?.()
  }

  onPinnedLog(log: PinnedLog): void {
    this.#settings.onPinnedLog?.({ ...log, statements: this.readers.busyStatements })
  }

  onFilesLost(error: DatabaseReplacedError): void {
    if (this.#lostBecause) return
    this.#lostBecause = error
    this.refuseWrites()
    this.readers.openNoMore(error)
    this.#settings.onFilesLost?.(error)
  }

  async #openWriter(link: ThreadLink): Promise<ThreadLink> {
    try {
      await link.opened
    } catch (error) {
      if (error instanceof DatabaseReplacedError) this.onFilesLost(error)
      throw error
    }
    this.fileId ??= link.fileId
    if (this.#refusesWrites) await link.request(({ id }) => [RequestType.refuseWrites, id])
    return link
  }

  /** Why a reader could not open the database: its files may have been lost since the last look. */
  async #explained(error: Error): Promise<Error> {
    const looked = this.writer.link?.housekeeping?.look().catch(() => undefined)
    // A statement that keeps the writer busy must not hold the error back.
    await Promise.race([looked, sleep(longestLook, undefined, { ref: false })])
    return this.#lostBecause ?? error
  }

  /** From now on every write fails with `SQLITE_READONLY`, and an open transaction is rolled back; reads go on. */
  refuseWrites(): void {
    this.#refusesWrites = true
    // If the writer ends meanwhile, its replacement refuses writes from its start.
    this.writer.link?.request(({ id }) => [RequestType.refuseWrites, id]).catch(() => undefined)
    this.#onRefuseWrites()
  }
}

/** Whether a query only reads, as far as this can be determined without SQLite. */
export function isRead({ query, sql }: CompiledQuery): boolean {
  return query.kind === 'SelectQueryNode' || (query.kind === 'RawNode' && isReadByText(sql))
}
