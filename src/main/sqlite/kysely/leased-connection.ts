import type { CompiledQuery, DatabaseConnection, QueryResult, TransactionSettings } from 'kysely'
import {
  type AbortOutcome,
  ConnectionReleasedError,
  PoolClosedError,
  StreamingError,
  TransactionLostError,
  WorkerLostError,
} from '../errors/query-errors.ts'
import {
  answerIn,
  PlainJob,
  QueryJob,
  type RawParameters,
  type RawResult,
  type Result,
  rawResultIn,
  resultIn,
} from '../links/jobs.ts'
import { type CombinedLimits, LimitWatch } from '../links/query-limits.ts'
import type { ThreadLink } from '../links/thread-link.ts'
import type { Scheduler } from '../scheduling/scheduler.ts'
import type { Lease } from '../scheduling/writer-queue.ts'
import { statementKind } from '../wire/leading-keyword.ts'
import { Place, RequestType, type TransactionEnd } from '../wire/protocol.ts'
import { chunksOf, streamRows } from './streams.ts'

type Role = 'writer' | 'reader'

/** A connection that was requested and is not granted yet. */
interface Leasing {
  readonly lease: Lease
  /** Ends the wait. The function makes the error for each waiting statement. */
  readonly refuse: (errorFor: (sql: string) => Error) => void
  readonly granted: Promise<ThreadLink>
  readonly watch: LimitWatch | undefined
}

/**
 * What Kysely calls a connection: the writer, or a reader's snapshot, leased while a callback runs. It is the main
 * thread's state machine of a transaction:
 *
 * - The lease: there is none until the first statement. Then it is `leasing`, and `link` when it is granted. It is
 *   released permanently when the callback ends, in any of these states.
 * - The transaction: `none`, `open`, or `lost`. It is lost when one of its statements is aborted, when its `begin`
 *   fails, or when its thread dies. After that it can only be rolled back, and every statement is refused with the
 *   reason.
 *
 * Requests of one link arrive in the order in which they were sent, so this class can send the next request before the
 * previous answer arrives.
 */
export class LeasedConnection implements DatabaseConnection {
  readonly #scheduler: Scheduler
  /** The limits that apply during the wait for the connection. */
  readonly #leaseLimits: CombinedLimits | undefined
  #leasing: Leasing | undefined
  /** Statements to send in this order when the lease is granted. */
  #waiting: QueryJob[] = []
  #link: ThreadLink | undefined
  #isReleased = false
  #transaction: 'none' | 'open' | 'lost' = 'none'
  /** Why the transaction is lost. */
  #lostTo: Error | undefined
  /** True if a statement may have changed a setting, created a temporary object, or left a cursor open. */
  #needsReset = false
  #openStreams = 0

  constructor(scheduler: Scheduler, leaseLimits?: CombinedLimits) {
    this.#scheduler = scheduler
    this.#leaseLimits = leaseLimits
  }

  // The lease.

  #lease(role: Role): Promise<ThreadLink> {
    if (this.#isReleased) return Promise.reject(new ConnectionReleasedError(''))
    if (this.#link) return Promise.resolve(this.#link)
    if (this.#leasing) return this.#leasing.granted
    const leasing = this.#startLeasing()
    this.#leasing = leasing
    if (leasing.watch?.isReached) {
      leasing.refuse((sql) => leasing.watch?.error(sql, 'not-run') ?? new ConnectionReleasedError(sql))
      return leasing.granted
    }
    // The queue may grant or refuse it immediately.
    this.#scheduler.lease(role, leasing.lease)
    return leasing.granted
  }

  #startLeasing(): Leasing {
    const watch = LimitWatch.start(this.#leaseLimits)
    let grant: Lease['grant'] = () => undefined
    let refuse: Leasing['refuse'] = () => undefined
    const granted = new Promise<ThreadLink>((resolve, reject) => {
      grant = (link) => {
        watch?.stop()
        this.#leasing = undefined
        this.#link = link
        for (const job of this.#waiting.splice(0)) if (!job.isSettled) link.send(job)
        resolve(link)
      }
      refuse = (errorFor) => {
        watch?.stop()
        // The next statement may try again.
        this.#leasing = undefined
        for (const job of this.#waiting.splice(0)) job.fail(() => errorFor(job.sql))
        reject(errorFor('begin'))
      }
    })
    granted.catch(() => undefined) // The statements that wait for it get the error.
    const lease = { grant, refuse: (error: Error) => refuse(() => error) }
    const leasing = { lease, refuse, granted, watch }
    if (watch) watch.onReached = () => this.#stopLeasing(leasing, (sql) => watch.error(sql, 'not-run'))
    return leasing
  }

  #stopLeasing({ lease, refuse }: Leasing, errorFor: (sql: string) => Error): void {
    this.#scheduler.withdraw(lease)
    refuse(errorFor)
  }

  /** Gives the connection back in any state, or stops waiting for it. */
  release(): void {
    this.#isReleased = true
    if (this.#leasing) this.#stopLeasing(this.#leasing, (sql) => new ConnectionReleasedError(sql))
    const link = this.#link
    this.#link = undefined
    if (link) this.#giveBack(link)
  }

  #giveBack(link: ThreadLink): void {
    // The next caller's requests come after this one on the same link.
    if (this.#transaction !== 'none' || this.#needsReset) void this.#reset(link)
    this.#scheduler.giveBack(link)
  }

  async #reset(link: ThreadLink): Promise<void> {
    try {
      await link.request(({ id }) => [RequestType.reset, id])
    } catch (error) {
      const isGone = error instanceof WorkerLostError || error instanceof PoolClosedError
      if (!isGone) this.#scheduler.discard(link, error as Error)
    }
  }

  // The transaction.

  /** True from `begin` to the end, also for a transaction that is lost. */
  get isInTransaction(): boolean {
    return this.#transaction !== 'none'
  }

  /** Leases the writer and opens a write transaction, or a reader for a read-only one. */
  async begin({ accessMode }: TransactionSettings): Promise<void> {
    if (this.#openStreams > 0) throw new StreamingError('begin')
    const isRead = accessMode === 'read only'
    const link = await this.#lease(isRead && this.#scheduler.hasReaders ? 'reader' : 'writer')
    // It was granted and given back in the same turn of the event loop.
    if (this.#isReleased) throw new ConnectionReleasedError('begin')
    this.#transaction = 'open'
    this.#lostTo = undefined
    const job = new PlainJob('', ({ id }) => [RequestType.begin, id, isRead ? 'read' : 'immediate'])
    link.send(job)
    const begun = job.outcome.then((outcome) => {
      try {
        answerIn(outcome, '')
      } catch (error) {
        this.#lose(error as Error)
      }
    })
    // A snapshot is of the moment this function returns. A write transaction sends `begin` with its first statement.
    if (!isRead) return
    await begun
    if (this.#lostTo) throw this.#lostTo
  }

  async end(how: TransactionEnd, sql = ''): Promise<void> {
    const link = this.#link
    if (!link || this.#transaction === 'none') return
    if (how === 'savepoint') {
      if (this.#lostTo) throw this.#lostTo
      await link.request(({ id }) => [RequestType.end, id, how, sql], sql)
      return
    }
    const lostTo = this.#lostTo
    if (how === 'rollback' || lostTo) {
      await this.#rollBack(link)
      if (how === 'commit') throw lostTo
      return
    }
    // After a commit that fails, the transaction is still open. Kysely then calls `rollback`.
    await link.request(({ id }) => [RequestType.end, id, 'commit', ''])
    this.#afterTransaction(link)
  }

  /** A snapshot ends with its reader. In `connection()`, what follows needs the writer. */
  #afterTransaction(link: ThreadLink): void {
    this.#transaction = 'none'
    this.#lostTo = undefined
    if (link.role !== 'reader' || this.#link !== link) return
    this.#link = undefined
    this.#giveBack(link)
  }

  async #rollBack(link: ThreadLink): Promise<void> {
    // A statement that arrives meanwhile must not run outside the transaction.
    this.#lose(new TransactionLostError())
    try {
      await link.request(({ id }) => [RequestType.end, id, 'rollback', ''])
    } catch (error) {
      // A thread that ended has taken the transaction with it.
      if (!(error instanceof WorkerLostError || error instanceof PoolClosedError)) throw error
    }
    this.#afterTransaction(link)
  }

  #lose(error: Error): void {
    if (this.#transaction !== 'open') return
    this.#transaction = 'lost'
    this.#lostTo = error
  }

  /** Applies an abort of a statement. If the statement has started inside a transaction, the transaction is lost. */
  abandon(sql: string, outcome: AbortOutcome, watch: LimitWatch): AbortOutcome {
    if (this.#transaction === 'none' || outcome === 'unknown' || outcome === 'not-run') return outcome
    this.#lose(new TransactionLostError(watch.error(sql, 'transaction-rolled-back')))
    return 'transaction-rolled-back'
  }

  // Statements.

  get #place(): Place {
    return this.#transaction === 'none' ? Place.connection : Place.transaction
  }

  async executeQuery<R>(
    query: CompiledQuery,
    _options?: unknown,
    watch?: LimitWatch,
  ): Promise<QueryResult<R>> {
    const { sql } = query
    const outcome = await this.#start(sql, query.parameters, watch).outcome
    try {
      return resultIn(outcome, sql, this.#scheduler.builders) as Result as QueryResult<R>
    } catch (error) {
      throw this.#inPlaceOf(error)
    }
  }

  /** Like {@link executeQuery}, for SQL text, with rows as arrays. */
  async executeRaw(
    sql: string,
    parameters: RawParameters,
    watch: LimitWatch | undefined,
  ): Promise<RawResult> {
    const outcome = await this.#start(sql, parameters, watch).outcome
    try {
      return rawResultIn(outcome, sql, this.#scheduler.builders, this.#scheduler.integers)
    } catch (error) {
      throw this.#inPlaceOf(error)
    }
  }

  #start(sql: string, parameters: RawParameters, watch: LimitWatch | undefined): QueryJob {
    this.#demandUsable(sql)
    const check = this.#scheduler.parameterCheck()
    const values = check.check(sql, parameters)
    if (statementKind(sql) !== 'rows') this.#needsReset = true
    const job = new QueryJob(sql, values, check.bytes, this.#place, watch)
    if (watch) this.#scheduler.limit(job, watch, (outcome) => this.abandon(sql, outcome, watch))
    this.#send(job)
    return job
  }

  /** Outside a transaction, a connection is the writer from its first statement. */
  #send(job: QueryJob): void {
    if (job.isSettled) return
    if (this.#link) {
      this.#link.send(job)
      return
    }
    this.#waiting.push(job)
    this.#lease('writer')
  }

  /** The thread refuses statements of a lost transaction, and closes its cursors, without the reason. This adds it. */
  #inPlaceOf(error: unknown): unknown {
    const isCutShort = error instanceof ConnectionReleasedError && !this.#isReleased
    const isWithoutReason = isCutShort || error instanceof TransactionLostError
    return this.#lostTo && isWithoutReason ? this.#lostTo : error
  }

  #demandUsable(sql: string): void {
    if (this.#isReleased) throw new ConnectionReleasedError(sql)
    if (this.#lostTo) throw this.#lostTo
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    _options?: unknown,
    watch?: LimitWatch,
  ): AsyncIterableIterator<QueryResult<R>> {
    const { sql } = query
    this.#demandUsable(sql)
    this.#needsReset = true
    const source = {
      lease: () => this.#lease('writer'),
      withdraw: () => undefined, // The callback may still use it for its next statement.
      demandUsable: () => this.#demandUsable(sql),
      place: this.#place,
      onAborted: (outcome: AbortOutcome) => (watch ? this.abandon(sql, outcome, watch) : outcome),
    }
    let isStreamed: boolean
    this.#openStreams++
    try {
      isStreamed = yield* streamRows(this.#scheduler, source, query, chunkSize, watch) as AsyncGenerator<
        QueryResult<R>,
        boolean
      >
    } catch (error) {
      // The reader of a snapshot may be closed with it.
      const isClosed = this.#isReleased && error instanceof WorkerLostError
      throw isClosed ? new ConnectionReleasedError(sql) : this.#inPlaceOf(error)
    } finally {
      this.#openStreams--
    }
    if (isStreamed) return
    const result = await this.executeQuery<R>(query, undefined, watch)
    yield* chunksOf(result, chunkSize, () => {
      if (watch?.isReached) throw watch.error(sql, this.abandon(sql, 'committed', watch))
    })
  }
}
