import type { Database } from 'better-sqlite3'
import { StreamingError, TransactionLostError } from '../errors/query-errors.ts'
import { busySlice, isBusy, Patience } from '../open/busy-wait.ts'
import { hasWal } from '../open/pragmas.ts'
import { carried } from '../wire/carried-error.ts'
import {
  type Answer,
  AnswerType,
  type BatchAnswer,
  type BatchRequest,
  type BeginRequest,
  type DoneAnswer,
  type EndRequest,
  noSlot,
  type OpenCursorRequest,
  Place,
  type Request,
  RequestType,
  type RowsAnswer,
  type RunRequest,
  type ThreadOptions,
} from '../wire/protocol.ts'
import type { ThreadControl } from '../wire/thread-control.ts'
import { ConnectionState, refuse } from './connection-state.ts'
import type { HousekeepingService } from './housekeeping-service.ts'
import { demandSendable, type PreparedStatement, Statements } from './statements.ts'

// Thrown to return to the code that answers a request.
const aborted = Symbol('aborted')
const notStarted = Symbol('not started')
const notReadonly = Symbol('not readonly')

/**
 * Answers the requests of one connection, one after the other, on the connection's thread. It is this thread's state
 * machine of a transaction:
 *
 * - `none`: there is no transaction. A statement that can be aborted, or that may fail after it has written, gets a
 *   transaction of its own.
 * - `open`: a `begin` from the main thread has opened a transaction. Statements and savepoint commands run in it.
 * - `lost`: an abort, or SQLite itself after some errors, has rolled the transaction back, and the main thread has not
 *   ended it yet. Every statement of it is refused, so that none runs outside the transaction by accident.
 *
 * The main thread holds a lease while one caller has the connection. `reset` undoes what the caller changed about the
 * connection.
 */
export class Session {
  readonly statements: Statements
  /** Of the connection that writes. */
  readonly service: HousekeepingService | undefined
  /** Whether other connections can be open at the same time. */
  readonly hasWal: boolean
  readonly #connection: Database
  readonly #control: ThreadControl
  readonly #patience: Patience
  readonly #state: ConnectionState
  #transaction: 'none' | 'open' | 'lost' = 'none'

  constructor(
    connection: Database,
    control: ThreadControl,
    options: Pick<ThreadOptions, 'patience' | 'integers' | 'statementCacheSize'>,
    service?: HousekeepingService,
  ) {
    this.#connection = connection
    this.#control = control
    this.service = service
    this.#patience = new Patience(options.patience)
    this.statements = new Statements(connection, control, options.integers, options.statementCacheSize)
    this.#state = new ConnectionState(connection, service?.guard)
    this.hasWal = hasWal(connection)
    if (service) service.onLost = () => this.#loseFiles()
  }

  /** Never throws: an error is an answer too. */
  answer(request: Request): Answer {
    const id = request[1]
    if (this.#control.isSkipped(id)) return [AnswerType.aborted, id, 0]
    this.#control.running = id
    this.statements.answerBytes = 0
    const started = performance.now()
    try {
      return this.#answer(request, started)
    } catch (error) {
      if (error === notReadonly) return [AnswerType.notReadonly, id]
      if (error === notStarted) return [AnswerType.aborted, id, 0]
      this.#state.examine(error)
      this.#noticeRollback(error === aborted)
      const milliseconds = performance.now() - started
      return error === aborted
        ? [AnswerType.aborted, id, milliseconds]
        : [AnswerType.failed, id, milliseconds, carried(error)]
    } finally {
      this.#control.running = 0
    }
  }

  #answer(request: Request, started: number): Answer {
    switch (request[0]) {
      case RequestType.run:
        return this.#run(request, started)
      case RequestType.batch:
        return this.#runBatch(request, started)
      case RequestType.begin:
        this.#begin(request)
        break
      case RequestType.end:
        this.#end(request)
        break
      case RequestType.openCursor:
        return this.#openCursor(request, started)
      case RequestType.readCursor:
        return unlessAborted(this.statements.readCursor(request[1], request[2], started))
      case RequestType.closeCursor:
        this.statements.closeCursor(request[2])
        break
      case RequestType.reset:
        this.#reset()
        break
      case RequestType.refuseWrites:
        this.#refuseWrites()
        break
      case RequestType.close:
        this.close(request[2])
    }
    return [AnswerType.done, request[1], 0, 0, 0n]
  }

  // Transactions.

  #begin([, , mode]: BeginRequest): void {
    if (this.statements.hasCursors) throw new StreamingError('')
    if (mode === 'immediate') this.#patiently(noSlot, () => this.#connection.exec('begin immediate'))
    else this.#beginSnapshot()
    this.#transaction = 'open'
  }

  #beginSnapshot(): void {
    this.#state.beginReadOnly()
    this.#connection.exec('begin')
    try {
      // The first read takes the snapshot: sqlite.org/lang_transaction.html.
      this.#patiently(noSlot, () => this.#connection.prepare('select 1 from sqlite_schema limit 1').get())
    } catch (error) {
      this.#connection.exec('rollback')
      this.#state.endReadOnly()
      throw error
    }
  }

  /**
   * Runs a step again as long as another program keeps the database locked, up to the patience of the pool.
   *
   * @param step changes nothing if SQLite refuses it with `SQLITE_BUSY`: `begin`, `commit`, or a single statement.
   */
  #patiently<Result>(slot: number, step: () => Result): Result {
    let waited = 0
    let started: number | undefined
    for (;;) {
      try {
        return step()
      } catch (error) {
        if (this.#control.isAborted(slot)) throw aborted
        const took = started === undefined ? busySlice : performance.now() - started
        waited += took
        // SQLite does not wait if waiting cannot help.
        if (!isBusy(error) || took < busySlice / 2 || waited >= this.#patience.milliseconds) throw error
        // If an app has set another timeout on a connection of its own, that one applies.
        if (this.#connection.pragma('busy_timeout', { simple: true }) !== busySlice) throw error
        started = performance.now()
      }
    }
  }

  #end([, , how, sql]: EndRequest): void {
    if (how === 'savepoint') {
      this.#demandOpenTransaction()
      if (this.statements.hasCursors) throw new StreamingError('')
      this.#connection.exec(sql)
      return
    }
    this.statements.closeCursors()
    if (how === 'commit' && this.#transaction === 'lost') {
      this.#transaction = 'none'
      this.#state.endReadOnly()
      throw new TransactionLostError()
    }
    // A commit that fails, for example because of a deferred foreign key, leaves the transaction open.
    if (this.#connection.inTransaction) this.#patiently(noSlot, () => this.#connection.exec(how))
    this.#transaction = 'none'
    this.#state.endReadOnly()
  }

  #demandOpenTransaction(): void {
    if (this.#transaction !== 'open') throw new TransactionLostError()
  }

  /** SQLite may have rolled back by itself after an error: sqlite.org/lang_transaction.html. */
  #noticeRollback(isAborted: boolean): void {
    if (this.#transaction !== 'open' || !this.#connection.open) return
    if (isAborted) this.#rollBack()
    if (!this.#connection.inTransaction) this.#transaction = 'lost'
  }

  #rollBack(): void {
    this.statements.closeCursors()
    if (this.#connection.inTransaction) this.#connection.exec('rollback')
  }

  /** Runs work in a transaction that is committed when it returns and rolled back when it throws. */
  #inOwnTransaction<Result>(begin: 'begin' | 'begin immediate', slot: number, work: () => Result): Result {
    this.#patiently(slot, () => this.#connection.exec(begin))
    try {
      const result = work()
      if (!this.#control.mayCommit(slot)) throw aborted
      this.#patiently(noSlot, () => this.#connection.exec('commit'))
      return result
    } catch (error) {
      // SQLite has already rolled back after some errors.
      if (this.#connection.inTransaction) this.#connection.exec('rollback')
      throw error
    }
  }

  // Statements.

  #start(place: Place, slot: number): void {
    if (place === Place.transaction) this.#demandOpenTransaction()
    if (!this.#control.start(slot)) throw notStarted
  }

  #run([, id, slot, place, sql, parameters]: RunRequest, started: number): RowsAnswer | DoneAnswer {
    this.#start(place, slot)
    const statement = this.#permitted(this.statements.get(sql), place)
    const execute = (watched = slot) => {
      const step = () => this.statements.execute(statement, id, watched, parameters, started)
      return unlessAborted(this.#patiently(watched, step))
    }
    if (statement.kind === 'pragma') {
      // A pragma that changes the file outside a transaction cannot be undone, so an abort comes too late from here on.
      const isFinal = !statement.readonly && place !== Place.transaction
      if (isFinal && !this.#control.mayCommit(slot)) throw aborted
      return this.#state.runPragma(sql, place === Place.writer, () => execute(isFinal ? noSlot : slot))
    }
    if (statement.readonly) return execute()
    if (place === Place.transaction) {
      // It may throw after it has written. The savepoint undoes that, and the transaction stays as it was.
      return statement.reader ? this.#connection.transaction(() => execute())() : execute()
    }
    if (statement.kind === 'rows' && !statement.reader && slot === noSlot) return execute()
    if (statement.kind === 'vacuum') {
      // This cannot be undone, so an abort comes too late from here on.
      if (!this.#control.mayCommit(slot)) throw aborted
      return execute(noSlot)
    }
    // Plain `begin`: the statement itself takes the write lock, so an error is an error of the statement.
    return this.#inOwnTransaction('begin', slot, () => {
      const answer = execute()
      if (place === Place.writer && statement.kind === 'other') this.#state.refuseTemporaryObjects()
      return answer
    })
  }

  #runBatch([, id, slot, statements]: BatchRequest, started: number): BatchAnswer {
    this.#start(Place.writer, slot)
    let bytes = 0
    const results = this.#inOwnTransaction('begin immediate', slot, () => {
      const answers = statements.map(([sql, parameters]) => {
        const statement = this.#permitted(this.statements.get(sql), Place.writer)
        const step = () => this.statements.execute(statement, id, slot, parameters, started)
        const answer = unlessAborted(this.#patiently(slot, step))
        if (statement.kind === 'pragma' && this.#state.restore()) refuse('connection-setting')
        bytes += this.statements.answerBytes
        demandSendable(bytes)
        return answer
      })
      this.#state.refuseTemporaryObjects()
      return answers
    })
    this.statements.answerBytes = bytes
    return [AnswerType.batch, id, performance.now() - started, results]
  }

  #permitted(statement: PreparedStatement, place: Place): PreparedStatement {
    const { kind, reader, readonly } = statement
    if (this.#state.refusesWrites && (!readonly || !reader)) this.#state.refuseWrite()
    // SQLite reports these statements as read-only, and they return no rows.
    if (kind === 'control' || (readonly && !reader && kind !== 'pragma')) refuse('transaction-control')
    if (place === Place.reader && !readonly) throw notReadonly
    if (!readonly && this.statements.hasCursors) throw new StreamingError('')
    return statement
  }

  #openCursor(request: OpenCursorRequest, started: number): Answer {
    const [, , slot, place] = request
    this.#start(place, slot)
    const { prepared, open } = this.statements.prepareCursor(request, started)
    this.#permitted(prepared, place)
    // SQLite writes everything before it returns the first row, and commits when the cursor closes for any reason.
    if (!prepared.readonly || !prepared.reader) throw notReadonly
    return unlessAborted(this.#patiently(slot, open))
  }

  /** Restores the connection to its state before the lease. */
  #reset(): void {
    this.#rollBack()
    this.#transaction = 'none'
    this.#state.reset()
  }

  #refuseWrites(): void {
    this.#state.refuseWrites()
    // Otherwise its earlier writes could still be committed.
    if (!this.#connection.inTransaction) return
    this.#rollBack()
    if (this.#transaction === 'open') this.#transaction = 'lost'
  }

  /** The files are no longer the ones that were opened, and SQLite may not be able to read them. */
  #loseFiles(): void {
    try {
      this.#refuseWrites()
    } catch {
      // Statements that write are refused before SQLite gets them.
    }
  }

  /** @param isLast whether no other connection of this process has the files open. */
  close(isLast: boolean): void {
    if (!this.#connection.open) return
    this.#rollBack()
    this.service?.close()
    this.#connection.close()
    this.service?.guard.close(isLast)
  }
}

function unlessAborted<Result>(result: Result | undefined): Result {
  if (result === undefined) throw aborted
  return result
}
