import type { Database } from 'better-sqlite3'
import { StreamingError, TransactionLostError } from '../errors/query-errors.ts'
import { BusyWait, Patience } from '../open/busy-wait.ts'
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

/** The savepoint around a write that returns rows, inside a transaction. No app uses this name. */
const ownSavepoint = '"electron-datadir own"'

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
  readonly #connection: Database
  readonly #control: ThreadControl
  readonly #busyWait: BusyWait
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
    this.#busyWait = new BusyWait(connection, new Patience(options.patience))
    this.statements = new Statements(connection, control, options.integers, options.statementCacheSize)
    this.#state = new ConnectionState(connection, service?.guard)
    if (service) service.onLost = () => this.#loseFiles()
  }

  /** Whether other connections can be open at the same time. */
  get hasWal(): boolean {
    return hasWal(this.#connection)
  }

  /** Never throws: an error is an answer too. */
  answer(request: Request): Answer {
    const id = request[1]
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
        return this.#begin(request)
      case RequestType.end:
        return this.#end(request)
      case RequestType.openCursor:
        return this.#openCursor(request, started)
      case RequestType.readCursor:
        return unlessAborted(this.statements.readCursor(request[1], request[2], started))
      case RequestType.closeCursor:
        this.statements.closeCursor(request[2])
        return done(request[1])
      case RequestType.reset:
        return this.#reset(request[1])
      case RequestType.refuseWrites:
        this.#refuseWrites()
        return done(request[1])
      case RequestType.close:
        this.close(request[2])
        return done(request[1])
    }
  }

  // Transactions.

  #begin([, id, mode]: BeginRequest): Answer {
    if (this.statements.hasCursors) throw new StreamingError('')
    if (mode === 'immediate') this.#patiently(noSlot, () => this.#connection.exec('begin immediate'))
    else this.#beginSnapshot()
    this.#transaction = 'open'
    return done(id)
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

  /** Waits for other programs that keep the database locked. */
  #patiently<Result>(slot: number, step: () => Result): Result {
    const isAborted = () => this.#control.isAborted(slot)
    try {
      return this.#busyWait.run(step, isAborted)
    } catch (error) {
      throw isAborted() ? aborted : error
    }
  }

  #end([, id, how, sql]: EndRequest): Answer {
    if (how === 'savepoint') {
      this.#demandOpenTransaction()
      if (this.statements.hasCursors) throw new StreamingError('')
      this.#connection.exec(sql)
      return done(id)
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
    return done(id)
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

  /** Undoes a write that throws after it has written. The transaction around it stays as it was. */
  #inSavepoint<Result>(work: () => Result): Result {
    this.#connection.exec(`savepoint ${ownSavepoint}`)
    try {
      const result = work()
      this.#connection.exec(`release ${ownSavepoint}`)
      return result
    } catch (error) {
      if (this.#connection.inTransaction)
        this.#connection.exec(`rollback to ${ownSavepoint}; release ${ownSavepoint}`)
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
    if (place === Place.transaction) return statement.reader ? this.#inSavepoint(execute) : execute()
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
  #reset(id: number): Answer {
    this.#rollBack()
    this.#transaction = 'none'
    this.#state.reset()
    return done(id)
  }

  #refuseWrites(): void {
    this.#state.refusesWrites = true
    // Otherwise its earlier writes could still be committed.
    if (this.#connection.inTransaction) {
      this.#rollBack()
      if (this.#transaction === 'open') this.#transaction = 'lost'
    }
    this.#state.refuseWrites()
  }

  /** The files are no longer the ones that were opened, and SQLite may not be able to read them. */
  #loseFiles(): void {
    this.#state.refuseWritesAtOnce()
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

function done(id: number): DoneAnswer {
  return [AnswerType.done, id, 0, 0, 0n]
}
