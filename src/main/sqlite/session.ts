import type { Database } from 'better-sqlite3'
import { BegunTransaction } from './begun-transaction.ts'
import { layOut } from './cells.ts'
import { Cursors } from './cursors.ts'
import { failureOf, RefusedRequest, readonlyFailure } from './failures.ts'
import type { HousekeepingService } from './housekeeping-service.ts'
import { changesSchema, isTransactional } from './leading-keyword.ts'
import { inOwnTransaction } from './own-transaction.ts'
import {
  type Answer,
  AnswerType,
  type BatchRequest,
  type Cell,
  type DoneAnswer,
  type EndRequest,
  type IntegerPolicy,
  type NotReadonlyAnswer,
  noSlot,
  type Parameters,
  Place,
  type Request,
  RequestType,
  type RowsAnswer,
  type RunRequest,
} from './protocol.ts'
import { queryRows } from './query-rows.ts'
import { type CachedStatement, StatementCache } from './statement-cache.ts'
import type { ThreadControl } from './thread-control.ts'

export interface SessionOptions {
  readonly integers: IntegerPolicy
  readonly statementCacheSize: number
}

// Thrown to unwind to where an aborted request is answered.
const aborted = Symbol('aborted')

/** Runs requests on one connection, one after the other, on whatever thread it lives. */
export class Session {
  readonly #connection: Database
  readonly #control: ThreadControl
  readonly #integers: IntegerPolicy
  readonly #statements: StatementCache
  readonly #cursors: Cursors
  readonly #announced = new Set<number>()
  readonly #housekeeping: HousekeepingService | undefined
  readonly #transaction: BegunTransaction
  /** A rollback takes a changed table back, and leaves statements that were prepared for it. */
  #hasChangedSchema = false
  #refusesWrites = false

  /** @param housekeeping of the connection that writes. */
  constructor(
    connection: Database,
    control: ThreadControl,
    options: SessionOptions,
    housekeeping?: HousekeepingService,
  ) {
    this.#connection = connection
    this.#housekeeping = housekeeping
    this.#control = control
    this.#integers = options.integers
    this.#statements = new StatementCache(
      connection,
      options.integers,
      options.statementCacheSize,
      (isCached) => control.countStatement(isCached),
    )
    this.#cursors = new Cursors(control)
    this.#transaction = new BegunTransaction(connection, this.#cursors)
  }

  /** True when a request will likely take no time, so that the answers before it can wait for its own. */
  isQuick(request: Request): boolean {
    return request[0] === RequestType.run && this.#statements.isQuick(request[4])
  }

  /** Never throws: what goes wrong is an answer too. */
  answer(request: Request): Answer {
    const id = request[1]
    this.#control.running = id
    const started = performance.now()
    try {
      return this.#run(request, started)
    } catch (error) {
      this.#transaction.noticeLoss(error === aborted)
      const milliseconds = performance.now() - started
      return error === aborted
        ? [AnswerType.aborted, id, milliseconds]
        : [AnswerType.failed, id, milliseconds, failureOf(error)]
    } finally {
      this.#control.running = 0
    }
  }

  #run(request: Request, started: number): Answer {
    switch (request[0]) {
      case RequestType.run:
        return this.#runStatement(request, started)
      case RequestType.batch:
        return this.#runBatch(request, started)
      case RequestType.begin:
        this.#transaction.begin(request[2])
        return done(request[1])
      case RequestType.end:
        return this.#end(request)
      case RequestType.openCursor: {
        const [, id, slot, place, sql, parameters, chunkSize] = request
        const cached = this.#prepare(sql, place, this.#statements.prepareOwn(sql))
        if (!cached) return [AnswerType.notReadonly, id]
        this.#cursors.open(id, cached, parameters, slot, chunkSize)
        return this.#readCursor(id, id, started)
      }
      case RequestType.readCursor:
        return this.#readCursor(request[1], request[2], started)
      case RequestType.closeCursor:
        this.#cursors.close(request[2])
        return done(request[1])
      case RequestType.refuseWrites:
        return this.#refuseWrites(request[1])
      case RequestType.forgetStatements:
        this.#statements.clear()
        // Preparing alone would use what this connection knows of the tables; reading makes it look again.
        this.#connection.prepare('select 1 from sqlite_schema limit 1').get()
        return done(request[1])
      case RequestType.close:
        this.close()
        return done(request[1])
    }
  }

  close(): void {
    if (!this.#connection.open) return
    this.#cursors.closeAll()
    if (this.#connection.inTransaction) this.#connection.exec('rollback')
    this.#housekeeping?.close()
    this.#connection.close()
  }

  /** To be called when requests have been answered. */
  touch(): void {
    this.#housekeeping?.touch()
  }

  #runStatement(request: RunRequest, started: number): RowsAnswer | DoneAnswer | NotReadonlyAnswer {
    const [, id, slot, place, sql, parameters] = request
    if (this.#control.isAborted(slot)) throw aborted
    const cached = this.#prepare(sql, place)
    if (!cached) return [AnswerType.notReadonly, id]
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

  /** @returns undefined where a reader must not run it. */
  #prepare(sql: string, place: Place, own?: CachedStatement): CachedStatement | undefined {
    if (place === Place.transaction) this.#transaction.demandOpen()
    const cached = own ?? this.#statements.get(sql)
    // A pragma could take `query_only` back.
    if (this.#refusesWrites && (!cached.readonly || !cached.reader)) throw new RefusedRequest(readonlyFailure)
    if (cached.changesConnection) throw new RefusedRequest({ kind: 'statement-refused' })
    if (place === Place.reader && !cached.readonly) return undefined
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
    return this.#rowsAnswer(id, cached.lastTook, cached, rows, true)
  }

  #rowsAnswer(
    id: number,
    took: number,
    cached: CachedStatement,
    rows: readonly (readonly Cell[])[],
    isLast: boolean,
  ): RowsAnswer {
    const { shape, names } = cached
    const announce = this.#announced.has(shape) ? undefined : names
    this.#announced.add(shape)
    return [AnswerType.rows, id, took, shape, announce, rows.length, layOut(rows, names.length), isLast]
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

  #runBatch([, id, slot, statements]: BatchRequest, started: number): Answer {
    if (this.#control.isAborted(slot)) throw aborted
    const results = this.#inOwnTransaction(slot, () =>
      statements.map(([sql, parameters]) => {
        const cached = this.#prepare(sql, Place.writer)
        if (!cached) throw new RefusedRequest({ kind: 'statement-refused' })
        const result = this.#execute(cached, id, slot, parameters, started)
        if (!cached.readonly) this.#afterWrite(sql, Place.transaction)
        return result
      }),
    )
    return [AnswerType.batch, id, performance.now() - started, results]
  }

  #inOwnTransaction<Result>(slot: number, work: () => Result): Result {
    return inOwnTransaction(this.#connection, () => {
      const result = work()
      if (!this.#control.mayCommit(slot)) throw aborted
      return result
    })
  }

  #end([, id, how, sql]: EndRequest): Answer {
    this.#transaction.end(how, sql)
    if (how !== 'savepoint' && this.#hasChangedSchema) {
      this.#statements.clear()
      this.#hasChangedSchema = false
    }
    return done(id)
  }

  /** SQLite itself refuses them then: sqlite.org/pragma.html#pragma_query_only. */
  #refuseWrites(id: number): Answer {
    this.#refusesWrites = true
    this.#connection.pragma('query_only = ON')
    // What it wrote before could still be committed.
    this.#transaction.lose()
    return done(id)
  }

  #readCursor(id: number, cursor: number, started: number): Answer {
    const chunk = this.#cursors.read(cursor, this.#integers)
    if (chunk === undefined) throw aborted
    const { statement, rows, isLast } = chunk
    return this.#rowsAnswer(id, performance.now() - started, statement, rows, isLast)
  }
}

function done(id: number): DoneAnswer {
  return [AnswerType.done, id, 0, 0, 0n]
}
