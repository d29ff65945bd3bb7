import type { CompiledQuery, DatabaseConnection, QueryResult, TransactionSettings } from 'kysely'
import {
  type AbortOutcome,
  ConnectionReleasedError,
  PoolClosedError,
  StreamingError,
  TransactionLostError,
  WorkerLostError,
} from '../errors/query-errors.ts'
import { ask, PlainJob, QueryJob, type Result, resultIn } from '../links/jobs.ts'
import { type CombinedLimits, LimitWatch } from '../links/query-limits.ts'
import type { ThreadLink } from '../links/thread-link.ts'
import type { ConnectionPool } from '../scheduling/connection-pool.ts'
import type { Lease } from '../scheduling/waiting-line.ts'
import { revived } from '../wire/carried-error.ts'
import { leadingKeyword } from '../wire/leading-keyword.ts'
import { AnswerType, Place, RequestType, type TransactionEnd } from '../wire/protocol.ts'
import { chunksOf, streamRows } from './streams.ts'

type Role = 'writer' | 'reader'

/** A connection that was requested and is not granted yet. */
interface Leasing {
  readonly lease: Lease
  /** Ends the wait. The function makes the error for each waiting statement. */
  readonly refuse: (errorFor: (sql: string) => Error) => void
  readonly role: Role
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
  readonly #pool: ConnectionPool
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

  constructor(pool: ConnectionPool, leaseLimits?: CombinedLimits) {
    this.#pool = pool
    this.#leaseLimits = leaseLimits
  }

  // The lease.

  #lease(role: Role): Promise<ThreadLink> {
    if (this.#isReleased) return Promise.reject(new ConnectionReleasedError(''))
    if (this.#link) return Promise.resolve(this.#link)
    if (this.#leasing) return this.#leasing.granted
    const leasing = this.#startLeasing(role)
    this.#leasing = leasing
    if (leasing.watch?.isReached) {
      leasing.refuse((sql) => leasing.watch?.error(sql, 'not-run') ?? new ConnectionReleasedError(sql))
      return leasing.granted
    }
    // The queue may grant or refuse it immediately.
    if (role === 'writer') this.#pool.writer.lease(leasing.lease)
    else this.#pool.readers.lease(leasing.lease)
    return leasing.granted
  }

  #startLeasing(role: Role): Leasing {
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
    const leasing = { lease, refuse, role, granted, watch }
    if (watch) watch.onReached = () => this.#stopLeasing(leasing, (sql) => watch.error(sql, 'not-run'))
    return leasing
  }

  #stopLeasing({ lease, refuse, role }: Leasing, errorFor: (sql: string) => Error): void {
    if (role === 'writer') this.#pool.writer.withdraw(lease)
    else this.#pool.readers.withdrawLease(lease)
    refuse(errorFor)
    this.#pool.noticeIdle()
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
    if (link.role === 'writer') this.#pool.writer.giveBack(link)
    else this.#pool.readers.giveBack(link)
    this.#pool.noticeIdle()
  }

  async #reset(link: ThreadLink): Promise<void> {
    try {
      await ask(link, '', ({ id }) => [RequestType.reset, id])
    } catch (error) {
      const isGone = error instanceof WorkerLostError || error instanceof PoolClosedError
      if (!isGone) this.#pool.discard(link, error as Error)
    }
  }

  // The transaction.

  /** Leases the writer and opens a write transaction, or a reader for a read-only one. */
  async begin({ accessMode }: TransactionSettings): Promise<void> {
    if (this.#openStreams > 0) throw new StreamingError('begin')
    const isRead = accessMode === 'read only'
    const link = await this.#lease(isRead && this.#pool.hasReaders ? 'reader' : 'writer')
    // It was granted and given back in the same turn of the event loop.
    if (this.#isReleased) throw new ConnectionReleasedError('begin')
    this.#transaction = 'open'
    this.#lostTo = undefined
    const job = new PlainJob('', ({ id }) => [RequestType.begin, id, isRead ? 'read' : 'immediate'])
    link.send(job)
    const begun = job.outcome.then((outcome) => {
      const error = typeof outcome === 'function' ? outcome() : failureIn(outcome.answer)
      if (error) this.#lose(error)
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
      await ask(link, sql, ({ id }) => [RequestType.end, id, how, sql])
      return
    }
    const lostTo = this.#lostTo
    if (how === 'rollback' || lostTo) {
      await this.#rollBack(link)
      if (how === 'commit') throw lostTo
      return
    }
    // After a commit that fails the transaction is still open; Kysely then asks for the rollback.
    await ask(link, '', ({ id }) => [RequestType.end, id, 'commit', ''])
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
      await ask(link, '', ({ id }) => [RequestType.end, id, 'rollback', ''])
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
    this.#demandUsable(sql)
    const check = this.#pool.parameterCheck()
    const values = check.check(sql, query.parameters)
    this.#noteSettings(query)
    const job = new QueryJob(sql, values, check.bytes, this.#place, watch)
    if (watch) this.#pool.aborts.limit(job, (outcome) => this.abandon(sql, outcome, watch))
    this.#send(job)
    const outcome = await job.outcome
    try {
      return resultIn(outcome, sql, this.#pool.builders) as Result as QueryResult<R>
    } catch (error) {
      throw this.#inPlaceOf(error)
    }
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

  /**
   * The thread refuses statements of a lost transaction without the reason. This replaces its error with the reason.
   */
  #inPlaceOf(error: unknown): unknown {
    return this.#lostTo && error instanceof TransactionLostError ? this.#lostTo : error
  }

  #demandUsable(sql: string): void {
    if (this.#isReleased) throw new ConnectionReleasedError(sql)
    if (this.#lostTo) throw this.#lostTo
  }

  #noteSettings({ query, sql }: CompiledQuery): void {
    if (harmlessNodes.has(query.kind)) return
    if (query.kind === 'RawNode' && harmlessKeywords.has(leadingKeyword(sql))) return
    this.#needsReset = true
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
      cutShort: () => this.#lostTo ?? new ConnectionReleasedError(sql),
      onAborted: (outcome: AbortOutcome) => (watch ? this.abandon(sql, outcome, watch) : outcome),
    }
    let isStreamed: boolean
    this.#openStreams++
    try {
      isStreamed = yield* streamRows(this.#pool, source, query, chunkSize, watch) as AsyncGenerator<
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

const harmlessNodes: ReadonlySet<string> = new Set([
  'SelectQueryNode',
  'InsertQueryNode',
  'UpdateQueryNode',
  'DeleteQueryNode',
])

const harmlessKeywords: ReadonlySet<string> = new Set([
  'select',
  'insert',
  'update',
  'delete',
  'replace',
  'values',
  'with',
])

function failureIn(answer: Parameters<QueryJob['settle']>[0]): Error | undefined {
  return answer[0] === AnswerType.failed ? revived(answer[3], '') : undefined
}
