import type { CompiledQuery, DatabaseConnection, QueryResult, TransactionSettings } from 'kysely'
import type { DatabasePool } from './database-pool.ts'
import { checkParameters } from './parameters.ts'
import { noSlot, Place, RequestType, type TransactionEnd } from './protocol.ts'
import {
  type AbortOutcome,
  PoolClosedError,
  QueryAbortedError,
  TransactionLostError,
  WorkerLostError,
} from './query-errors.ts'
import { mayChangeSchema } from './query-kind.ts'
import { abortedSignalOf, type CombinedLimits, isLimited, watchLimits } from './query-limits.ts'
import { ask, QueryJob, type Result } from './requests.ts'
import { streamRows } from './stream-rows.ts'
import type { ThreadLink } from './thread-link.ts'

/** What Kysely calls a connection: the writer, or a reader's snapshot, leased for as long as a callback runs. */
export class PooledConnection implements DatabaseConnection {
  readonly #pool: DatabasePool
  #link: ThreadLink | undefined
  #inTransaction = false
  /** Why nothing can be committed any more. */
  #lost: Error | undefined
  #isReleased = false
  #changedSchema = false

  constructor(pool: DatabasePool) {
    this.#pool = pool
  }

  /** Leases the writer and opens a write transaction, or a reader for a read-only one. */
  async begin({ accessMode }: TransactionSettings): Promise<void> {
    const isRead = accessMode === 'read only'
    this.#link ??= await (isRead ? this.#pool.readers.lease() : this.#pool.writer.lease())
    this.#inTransaction = true
    this.#lost = undefined
    const begun = ask(this.#link, '', (id) => [RequestType.begin, id, isRead ? 'read' : 'immediate'])
    // A snapshot is of the moment this function returns. A write transaction sends `begin` with its first statement.
    if (isRead) await begun
    else begun.catch((error: Error) => this.#lose(error))
  }

  async end(how: TransactionEnd, sql = ''): Promise<void> {
    const link = this.#link
    if (!link) return
    const isOver = how !== 'savepoint'
    try {
      if (how === 'rollback' || this.#lost) {
        await this.#rollBack(link)
        if (how !== 'rollback') throw this.#lost
        return
      }
      await ask(link, sql, (id) => [RequestType.end, id, how, sql])
    } finally {
      if (isOver) this.#afterTransaction()
    }
  }

  #afterTransaction(): void {
    this.#inTransaction = false
    if (this.#changedSchema) this.#pool.schemaChanged()
    this.#changedSchema = false
  }

  async #rollBack(link: ThreadLink): Promise<void> {
    try {
      await ask(link, '', (id) => [RequestType.end, id, 'rollback', ''])
    } catch (error) {
      // A thread that ended has taken the transaction with it.
      if (!(error instanceof WorkerLostError || error instanceof PoolClosedError)) throw error
    }
  }

  async executeQuery<R>(query: CompiledQuery, limits?: CombinedLimits): Promise<QueryResult<R>> {
    const link = await this.#held()
    if (this.#lost) throw this.#lost
    const { sql } = query
    const parameters = checkParameters(sql, query.parameters)
    const result = await new Promise<Result>((resolve, reject) => {
      const job = new QueryJob(sql, parameters, this.#place, resolve, reject, isLimited(limits))
      if (limits && isLimited(limits)) this.#limit(job, link, limits)
      if (!job.isGivenUp) link.send(job)
    }).catch((error: unknown) => {
      throw this.#lost && !(error instanceof QueryAbortedError) ? this.#lost : error
    })
    if (mayChangeSchema(query)) {
      this.#changedSchema = true
      if (!this.#inTransaction) this.#afterTransaction()
    }
    return result as QueryResult<R>
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    limits?: CombinedLimits,
  ): AsyncIterableIterator<QueryResult<R>> {
    const link = await this.#held()
    if (this.#lost) throw this.#lost
    try {
      const outcome = this.#abortOutcome
      yield* streamRows(link, query, this.#place, chunkSize, limits, outcome) as AsyncGenerator<
        QueryResult<R>
      >
    } catch (error) {
      const isAborted = error instanceof QueryAbortedError
      if (isAborted && this.#inTransaction) this.#lose(new TransactionLostError(error))
      throw error
    }
  }

  get #place(): Place {
    return this.#inTransaction ? Place.transaction : Place.writer
  }

  /** Outside a transaction a connection is the writer, from its first query on. */
  async #held(): Promise<ThreadLink> {
    if (this.#isReleased) throw new PoolClosedError(this.#pool.path)
    this.#link ??= await this.#pool.writer.lease()
    return this.#link
  }

  #limit(job: QueryJob, link: ThreadLink, limits: CombinedLimits): void {
    const abort = (cause: unknown) => {
      const isStopped = job.slot !== noSlot && link.control.abort(job.slot)
      if (!isStopped && job.id !== 0 && !this.#inTransaction) return // It is being committed.
      const error = new QueryAbortedError(job.sql, this.#abortOutcome, cause)
      if (this.#inTransaction) this.#lose(new TransactionLostError(error))
      job.fail(error)
      if (link.role === 'reader') this.#pool.recover(link, job.id)
    }
    const aborted = abortedSignalOf(limits)
    if (aborted) abort(aborted.reason)
    else job.onSettled = watchLimits(limits, abort)
  }

  get #abortOutcome(): AbortOutcome {
    return this.#inTransaction ? 'transaction-rolled-back' : 'stopped'
  }

  #lose(error: Error): void {
    this.#lost ??= error
  }

  /** Gives the connection back, whatever state it was left in. */
  release(): void {
    const link = this.#link
    this.#isReleased = true
    this.#link = undefined
    if (!link) return
    // The transaction's own end has failed and was reported; this is the second try, for whoever comes next.
    if (this.#inTransaction) this.#rollBack(link).catch(() => undefined)
    if (link.role === 'writer') this.#pool.writer.giveBack(link)
    else this.#pool.readers.giveBack(link)
    this.#pool.noticeIdle()
  }
}
