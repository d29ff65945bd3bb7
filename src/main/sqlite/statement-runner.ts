import type { Database } from 'better-sqlite3'
import type { BegunTransaction } from './begun-transaction.ts'
import type { Cursors } from './cursors.ts'
import { RefusedRequest, readonlyFailure } from './failures.ts'
import { changesSchema, isTransactional } from './leading-keyword.ts'
import { inOwnTransaction } from './own-transaction.ts'
import {
  AnswerType,
  type BatchAnswer,
  type BatchRequest,
  type DoneAnswer,
  type IntegerPolicy,
  noSlot,
  type Parameters,
  Place,
  type RowsAnswer,
  type RunRequest,
} from './protocol.ts'
import { queryRows } from './query-rows.ts'
import type { RowsAnswers } from './rows-answers.ts'
import { type CachedStatement, StatementCache } from './statement-cache.ts'
import type { ThreadControl } from './thread-control.ts'

export interface StatementOptions {
  readonly integers: IntegerPolicy
  readonly statementCacheSize: number
}

// Both are thrown to unwind to where a request is answered.
export const aborted = Symbol('aborted')
export const notReadonly = Symbol('not readonly')

/** Runs the statements of requests on one connection, each where it may run, and undoes what must not stay. */
export class StatementRunner {
  readonly #connection: Database
  readonly #control: ThreadControl
  readonly #integers: IntegerPolicy
  readonly #statements: StatementCache
  readonly #cursors: Cursors
  readonly #transaction: BegunTransaction
  readonly #answers: RowsAnswers
  /** A rollback takes a changed table back, and leaves statements that were prepared for it. */
  #hasChangedSchema = false
  #refusesWrites = false

  constructor(
    connection: Database,
    control: ThreadControl,
    options: StatementOptions,
    cursors: Cursors,
    transaction: BegunTransaction,
    answers: RowsAnswers,
  ) {
    this.#connection = connection
    this.#control = control
    this.#integers = options.integers
    this.#cursors = cursors
    this.#transaction = transaction
    this.#answers = answers
    this.#statements = new StatementCache(
      connection,
      options.integers,
      options.statementCacheSize,
      (isCached) => control.countStatement(isCached),
    )
  }

  /** True when a statement will likely take no time. */
  isQuick(sql: string): boolean {
    return this.#statements.isQuick(sql)
  }

  run(request: RunRequest, started: number): RowsAnswer | DoneAnswer {
    const [, id, slot, place, sql, parameters] = request
    if (this.#control.isAborted(slot)) throw aborted
    const cached = this.#checked(this.#get(sql, place), place)
    if (place !== Place.writer || cached.readonly || (slot < 0 && !cached.reader)) {
      const answer = this.#execute(cached, id, slot, parameters, started)
      if (!cached.readonly) this.#afterWrite(sql, place)
      return answer
    }
    return this.#runUndoable(request, cached, started)
  }

  /** A write that can be aborted, or that returns what may not fit a number: it is rolled back when it must be. */
  #runUndoable(request: RunRequest, cached: CachedStatement, started: number): RowsAnswer | DoneAnswer {
    const [, id, slot, place, sql, parameters] = request
    if (isTransactional(sql)) {
      const answer = this.#inOwnTransaction(slot, () => this.#execute(cached, id, slot, parameters, started))
      this.#afterWrite(sql, place)
      return answer
    }
    // There is no way back from these, so from here on an abort comes too late.
    if (!this.#control.mayCommit(slot)) throw aborted
    return this.#execute(cached, id, noSlot, parameters, started)
  }

  runBatch([, id, slot, statements]: BatchRequest, started: number): BatchAnswer {
    if (this.#control.isAborted(slot)) throw aborted
    const results = this.#inOwnTransaction(slot, () =>
      statements.map(([sql, parameters]) => {
        const cached = this.#checked(this.#get(sql, Place.writer), Place.writer)
        const result = this.#execute(cached, id, slot, parameters, started)
        if (!cached.readonly) this.#afterWrite(sql, Place.transaction)
        return result
      }),
    )
    return [AnswerType.batch, id, performance.now() - started, results]
  }

  /** A statement for a cursor: nobody else steps through it. */
  prepareOwn(sql: string, place: Place): CachedStatement {
    this.#demandTransaction(place)
    return this.#checked(this.#statements.prepareOwn(sql), place)
  }

  #get(sql: string, place: Place): CachedStatement {
    this.#demandTransaction(place)
    return this.#statements.get(sql)
  }

  #demandTransaction(place: Place): void {
    if (place === Place.transaction) this.#transaction.demandOpen()
  }

  #checked(cached: CachedStatement, place: Place): CachedStatement {
    // A pragma could take `query_only` back.
    if (this.#refusesWrites && (!cached.readonly || !cached.reader)) throw new RefusedRequest(readonlyFailure)
    if (cached.changesConnection) throw new RefusedRequest({ kind: 'statement-refused' })
    if (place === Place.reader && !cached.readonly) throw notReadonly
    if (!cached.readonly && this.#cursors.isAnyOpen) throw new RefusedRequest({ kind: 'streaming' })
    return cached
  }

  #execute(
    cached: CachedStatement,
    id: number,
    slot: number,
    parameters: Parameters,
    started: number,
  ): RowsAnswer | DoneAnswer {
    if (!cached.reader) {
      const { changes, lastInsertRowid } = cached.statement.run(parameters)
      if (this.#control.isAborted(slot)) throw aborted
      cached.lastTook = performance.now() - started
      return [AnswerType.done, id, cached.lastTook, changes, BigInt(lastInsertRowid)]
    }
    const isAborted = slot >= 0 ? () => this.#control.isAborted(slot) : undefined
    const rows = queryRows(cached, parameters, this.#integers, isAborted)
    if (rows === undefined) throw aborted
    cached.lastTook = performance.now() - started
    return this.#answers.answer(id, cached.lastTook, cached, rows, true)
  }

  #afterWrite(sql: string, place: Place): void {
    if (changesSchema(sql)) {
      this.#statements.clear()
      this.#hasChangedSchema = true
    }
    // `begin immediate` is what SQLite calls a write.
    if (place === Place.writer && this.#connection.inTransaction) {
      this.#connection.exec('rollback')
      throw new RefusedRequest({ kind: 'statement-refused' })
    }
  }

  #inOwnTransaction<Result>(slot: number, work: () => Result): Result {
    return inOwnTransaction(this.#connection, () => {
      const result = work()
      if (!this.#control.mayCommit(slot)) throw aborted
      return result
    })
  }

  /** What was prepared may have other columns now. */
  forgetStatements(): void {
    this.#statements.clear()
  }

  /** To be called when the transaction that the main thread has begun is over. */
  transactionEnded(): void {
    if (this.#hasChangedSchema) this.#statements.clear()
    this.#hasChangedSchema = false
  }

  refuseWrites(): void {
    this.#refusesWrites = true
  }
}
