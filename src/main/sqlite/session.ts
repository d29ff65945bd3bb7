import type { Database } from 'better-sqlite3'
import { BegunTransaction } from './begun-transaction.ts'
import { Cursors } from './cursors.ts'
import { failureOf } from './failures.ts'
import type { HousekeepingService } from './housekeeping-service.ts'
import {
  type Answer,
  AnswerType,
  type DoneAnswer,
  type EndRequest,
  type IntegerPolicy,
  type OpenCursorRequest,
  type Request,
  RequestType,
} from './protocol.ts'
import { RowsAnswers } from './rows-answers.ts'
import { aborted, notReadonly, type StatementOptions, StatementRunner } from './statement-runner.ts'
import type { ThreadControl } from './thread-control.ts'

/** Answers requests on one connection, one after the other, on whatever thread it lives. */
export class Session {
  readonly #connection: Database
  readonly #control: ThreadControl
  readonly #integers: IntegerPolicy
  readonly #cursors: Cursors
  readonly #housekeeping: HousekeepingService | undefined
  readonly #transaction: BegunTransaction
  readonly #answers = new RowsAnswers()
  readonly #runner: StatementRunner

  /** @param housekeeping of the connection that writes. */
  constructor(
    connection: Database,
    control: ThreadControl,
    options: StatementOptions,
    housekeeping?: HousekeepingService,
  ) {
    this.#connection = connection
    this.#housekeeping = housekeeping
    this.#control = control
    this.#integers = options.integers
    this.#cursors = new Cursors(control)
    this.#transaction = new BegunTransaction(connection, this.#cursors)
    this.#runner = new StatementRunner(
      connection,
      control,
      options,
      this.#cursors,
      this.#transaction,
      this.#answers,
    )
  }

  /** True when a request will likely take no time, so that the answers before it can wait for its own. */
  isQuick(request: Request): boolean {
    return request[0] === RequestType.run && this.#runner.isQuick(request[4])
  }

  /** Never throws: what goes wrong is an answer too. */
  answer(request: Request): Answer {
    const id = request[1]
    this.#control.running = id
    const started = performance.now()
    try {
      return this.#run(request, started)
    } catch (error) {
      if (error === notReadonly) return [AnswerType.notReadonly, id]
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
        return this.#runner.run(request, started)
      case RequestType.batch:
        return this.#runner.runBatch(request, started)
      case RequestType.begin:
        this.#transaction.begin(request[2])
        return done(request[1])
      case RequestType.end:
        return this.#end(request)
      case RequestType.openCursor:
        return this.#openCursor(request, started)
      case RequestType.readCursor:
        return this.#readCursor(request[1], request[2], started)
      case RequestType.closeCursor:
        this.#cursors.close(request[2])
        return done(request[1])
      case RequestType.refuseWrites:
        return this.#refuseWrites(request[1])
      case RequestType.forgetStatements:
        this.#runner.forgetStatements()
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

  #end([, id, how, sql]: EndRequest): Answer {
    this.#transaction.end(how, sql)
    if (how !== 'savepoint') this.#runner.transactionEnded()
    return done(id)
  }

  /** SQLite itself refuses them then: sqlite.org/pragma.html#pragma_query_only. */
  #refuseWrites(id: number): Answer {
    this.#runner.refuseWrites()
    this.#connection.pragma('query_only = ON')
    // What it wrote before could still be committed.
    this.#transaction.lose()
    return done(id)
  }

  #openCursor(request: OpenCursorRequest, started: number): Answer {
    const [, id, slot, place, sql, parameters, chunkSize] = request
    this.#cursors.open(id, this.#runner.prepareOwn(sql, place), parameters, slot, chunkSize)
    return this.#readCursor(id, id, started)
  }

  #readCursor(id: number, cursor: number, started: number): Answer {
    const chunk = this.#cursors.read(cursor, this.#integers)
    if (chunk === undefined) throw aborted
    const { statement, rows, isLast } = chunk
    return this.#answers.answer(id, performance.now() - started, statement, rows, isLast)
  }
}

function done(id: number): DoneAnswer {
  return [AnswerType.done, id, 0, 0, 0n]
}
