import type { Database } from 'better-sqlite3'
import { isCorruption } from '../errors/causes.ts'
import { markForCheck } from '../files/check-mark.ts'
import { BusyWait, Patience } from '../open/busy-wait.ts'
import { hasWal } from '../open/pragmas.ts'
import { layOut } from '../wire/cells.ts'
import { busyFailure, failureOf, RefusedRequest, readonlyFailure } from '../wire/failures.ts'
import {
  type Answer,
  AnswerType,
  type BatchAnswer,
  type BatchRequest,
  type BeginRequest,
  type DoneAnswer,
  type EndRequest,
  type IntegerPolicy,
  largestValueBytes,
  noSlot,
  type OpenCursorRequest,
  type Parameters,
  Place,
  type Request,
  RequestType,
  type RowsAnswer,
  type RunRequest,
} from '../wire/protocol.ts'
import type { ThreadControl } from '../wire/thread-control.ts'
import { ConnectionSettings } from './connection-settings.ts'
import { Cursors } from './cursors.ts'
import type { HousekeepingService } from './housekeeping-service.ts'
import { type NamedRows, queryRows } from './query-rows.ts'
import { type CachedStatement, StatementCache } from './statements.ts'

export interface SessionOptions {
  /** The memory of the pool's {@link Patience}. */
  readonly patience: SharedArrayBuffer
  readonly integers: IntegerPolicy
  readonly statementCacheSize: number
}

// These are thrown to return to the code that answers a request.
const aborted = Symbol('aborted')
const notStarted = Symbol('not started')
const notReadonly = Symbol('not readonly')

/**
 * The savepoint around a write that returns rows, inside a transaction. The name cannot collide with a name from the
 * app.
 */
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
  readonly #connection: Database
  readonly #control: ThreadControl
  readonly #busyWait: BusyWait
  readonly #integers: IntegerPolicy
  readonly #statements: StatementCache
  readonly #cursors: Cursors
  readonly #housekeeping: HousekeepingService | undefined
  #settings: ConnectionSettings
  #transaction: 'none' | 'open' | 'lost' = 'none'
  /** Without readers, the connection that writes has the read-only transactions too. */
  #isSnapshotOfWriter = false
  #refusesWrites = false
  #hasNoticedDamage = false
  /** About how many bytes the last answer takes in a message. */
  answerBytes = 0

  /** @param housekeeping of the connection that writes. */
  constructor(
    connection: Database,
    control: ThreadControl,
    { integers, statementCacheSize, patience }: SessionOptions,
    housekeeping?: HousekeepingService,
  ) {
    this.#connection = connection
    this.#control = control
    this.#busyWait = new BusyWait(connection, new Patience(patience))
    this.#integers = integers
    this.#housekeeping = housekeeping
    this.#statements = new StatementCache(connection, integers, statementCacheSize, (isCached) =>
      control.countStatement(isCached),
    )
    this.#cursors = new Cursors(control)
    this.#settings = new ConnectionSettings(connection)
    if (housekeeping) housekeeping.onLost = () => this.#loseFiles()
  }

  /** Whether other connections can be open at the same time. */
  get hasWal(): boolean {
    return hasWal(this.#connection)
  }

  /** Which database file the connection that writes has open. */
  get fileId(): string | undefined {
    return this.#housekeeping?.fileId
  }

  /** True when a request will likely take no time, so that the answers before it can wait for its own. */
  isQuick(request: Request): boolean {
    return request[0] === RequestType.run && this.#statements.isQuick(request[4])
  }

  /** Never throws: what goes wrong is an answer too. */
  answer(request: Request): Answer {
    const id = request[1]
    this.#control.running = id
    this.answerBytes = 0
    const started = performance.now()
    try {
      return this.#answer(request, started)
    } catch (error) {
      if (error === notReadonly) return [AnswerType.notReadonly, id]
      if (error === notStarted) return [AnswerType.aborted, id, 0]
      if (isCorruption(error)) this.#noticeDamage(error)
      this.#noticeRollback(error === aborted)
      const milliseconds = performance.now() - started
      return error === aborted
        ? [AnswerType.aborted, id, milliseconds]
        : [AnswerType.failed, id, milliseconds, failureOf(error, this.#connection.name)]
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
        return this.#readCursor(request[1], request[2], started)
      case RequestType.closeCursor:
        this.#cursors.close(request[2])
        return done(request[1])
      case RequestType.reset:
        return this.#reset(request[1])
      case RequestType.refuseWrites:
        return this.#refuseWrites(request[1])
      case RequestType.close:
        this.close(request[2])
        return done(request[1])
    }
  }

  // Transactions.

  #begin([, id, mode]: BeginRequest): Answer {
    if (this.#cursors.isAnyOpen) throw new RefusedRequest({ kind: 'streaming' })
    if (mode === 'immediate') this.#patiently(noSlot, () => this.#connection.exec('begin immediate'))
    else this.#beginSnapshot()
    this.#transaction = 'open'
    return done(id)
  }

  #beginSnapshot(): void {
    this.#isSnapshotOfWriter = !this.#connection.readonly
    if (this.#isSnapshotOfWriter) this.#connection.pragma('query_only = ON')
    this.#connection.exec('begin')
    try {
      // The first read takes the snapshot: sqlite.org/lang_transaction.html.
      const read = () => this.#connection.prepare('select 1 from sqlite_schema limit 1').get()
      this.#patiently(noSlot, read)
    } catch (error) {
      this.#connection.exec('rollback')
      this.#allowWrites()
      throw error
    }
  }

  /** A read-only transaction of the connection that writes has ended. */
  #allowWrites(): void {
    if (!this.#isSnapshotOfWriter) return
    this.#isSnapshotOfWriter = false
    if (!this.#refusesWrites) this.#connection.pragma('query_only = OFF')
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
      if (this.#cursors.isAnyOpen) throw new RefusedRequest({ kind: 'streaming' })
      this.#connection.exec(sql)
      return done(id)
    }
    this.#cursors.closeAll()
    if (how === 'commit' && this.#transaction === 'lost') {
      this.#transaction = 'none'
      this.#allowWrites()
      throw new RefusedRequest({ kind: 'transaction-lost' })
    }
    // A commit that fails, for instance because of a deferred foreign key, leaves the transaction open.
    if (this.#connection.inTransaction) this.#patiently(noSlot, () => this.#connection.exec(how))
    this.#transaction = 'none'
    this.#allowWrites()
    return done(id)
  }

  #demandOpenTransaction(): void {
    if (this.#transaction !== 'open') throw new RefusedRequest({ kind: 'transaction-lost' })
  }

  /** SQLite may have rolled back by itself after an error: sqlite.org/lang_transaction.html. */
  #noticeRollback(isAborted: boolean): void {
    if (this.#transaction !== 'open' || !this.#connection.open) return
    if (isAborted) this.#rollBack()
    if (!this.#connection.inTransaction) this.#transaction = 'lost'
  }

  #rollBack(): void {
    this.#cursors.closeAll()
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

  /** Undoes a write that throws after it has written, and leaves the surrounding transaction as it was. */
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

  #run([, id, slot, place, sql, parameters]: RunRequest, started: number): RowsAnswer | DoneAnswer {
    if (place === Place.transaction) this.#demandOpenTransaction()
    if (!this.#control.start(slot)) throw notStarted
    const statement = this.#permitted(this.#statements.get(sql), place)
    const execute = (watched = slot) => this.#execute(statement, id, watched, parameters, started)
    if (statement.kind === 'pragma') return this.#runPragma(sql, statement, slot, place, execute)
    if (statement.readonly) return execute()
    if (place === Place.transaction) return statement.reader ? this.#inSavepoint(execute) : execute()
    if (statement.kind === 'rows' && !statement.reader && slot < 0) return execute()
    if (statement.kind === 'vacuum') {
      // This cannot be undone, so an abort comes too late from here on.
      if (!this.#control.mayCommit(slot)) throw aborted
      return execute(-1)
    }
    // Plain `begin`: the statement itself takes the write lock, so an error is an error of the statement.
    return this.#inOwnTransaction('begin', slot, () => {
      const answer = execute()
      if (place === Place.writer && statement.kind === 'other') this.#refuseTemporaryObjects()
      return answer
    })
  }

  #runBatch([, id, slot, statements]: BatchRequest, started: number): BatchAnswer {
    if (!this.#control.start(slot)) throw notStarted
    let bytes = 0
    const results = this.#inOwnTransaction('begin immediate', slot, () => {
      const answers = statements.map(([sql, parameters]) => {
        const statement = this.#permitted(this.#statements.get(sql), Place.writer)
        const answer = this.#execute(statement, id, slot, parameters, started)
        if (statement.kind === 'pragma' && this.#settings.restore()) refuse('connection-setting')
        bytes += this.answerBytes
        demandSendable(bytes)
        return answer
      })
      this.#refuseTemporaryObjects()
      return answers
    })
    this.answerBytes = bytes
    return [AnswerType.batch, id, performance.now() - started, results]
  }

  /** A pragma may take effect while it is prepared, so its changes are checked after it has run. */
  #runPragma(
    sql: string,
    { readonly }: CachedStatement,
    slot: number,
    place: Place,
    execute: (watched?: number) => RowsAnswer | DoneAnswer,
  ): RowsAnswer | DoneAnswer {
    // A pragma that changes the file outside a transaction cannot be undone, so an abort comes too late from here on.
    const isFinal = !readonly && place !== Place.transaction
    if (isFinal && !this.#control.mayCommit(slot)) throw aborted
    if (/\bjournal_mode\b/i.test(sql)) this.#housekeeping?.suspendWatch()
    try {
      const run = () => execute(isFinal ? -1 : slot)
      const housekeeping = /\bwal_checkpoint\b/i.test(sql) ? this.#housekeeping : undefined
      if (!housekeeping) return run()
      const answer = housekeeping.checkpoint(run)
      if (!answer) throw new RefusedRequest(this.#refusesWrites ? readonlyFailure : busyFailure)
      return answer
    } finally {
      const hasChanged = place === Place.writer && this.#settings.restore()
      // A checkpoint by a commit could not be recorded, so housekeeping does them all.
      if (this.#housekeeping && /\bwal_autocheckpoint\b/i.test(sql))
        this.#connection.pragma('wal_autocheckpoint = 0')
      this.#housekeeping?.resumeWatch()
      if (hasChanged) refuse('connection-setting')
    }
  }

  #permitted(statement: CachedStatement, place: Place): CachedStatement {
    const { kind, reader, readonly } = statement
    if (this.#refusesWrites && (!readonly || !reader)) {
      // Preparing a pragma may have turned this off.
      this.#connection.pragma('query_only = ON')
      throw new RefusedRequest(readonlyFailure)
    }
    // SQLite reports these statements as read-only, and they return no rows.
    if (kind === 'control' || (readonly && !reader && kind !== 'pragma')) refuse('transaction-control')
    if (place === Place.reader && !readonly) throw notReadonly
    if (!readonly && this.#cursors.isAnyOpen) throw new RefusedRequest({ kind: 'streaming' })
    return statement
  }

  #refuseTemporaryObjects(): void {
    if (this.#settings.hasTemporaryObjects) refuse('temporary-object')
  }

  #execute(
    cached: CachedStatement,
    id: number,
    slot: number,
    parameters: Parameters,
    started: number,
  ): RowsAnswer | DoneAnswer {
    if (!cached.reader) {
      const { changes, lastInsertRowid } = this.#patiently(slot, () => cached.statement.run(parameters))
      if (this.#control.isAborted(slot)) throw aborted
      cached.lastTook = performance.now() - started
      return [AnswerType.done, id, cached.lastTook, changes, BigInt(lastInsertRowid)]
    }
    const isAborted = slot >= 0 ? () => this.#control.isAborted(slot) : undefined
    const result = this.#patiently(slot, () => queryRows(cached, parameters, this.#integers, isAborted))
    if (result === undefined) throw aborted
    cached.lastTook = performance.now() - started
    return this.#rowsAnswer(id, cached.lastTook, result, true)
  }

  /** @param took in milliseconds. */
  #rowsAnswer(id: number, took: number, { names, rows }: NamedRows, isLast: boolean): RowsAnswer {
    const { cells, bytes } = layOut(rows, names.length)
    demandSendable(bytes)
    this.answerBytes = bytes
    return [AnswerType.rows, id, took, JSON.stringify(names), rows.length, cells, isLast]
  }

  // Cursors.

  #openCursor(request: OpenCursorRequest, started: number): Answer {
    const [, id, slot, place, sql, parameters, chunkSize] = request
    if (place === Place.transaction) this.#demandOpenTransaction()
    if (!this.#control.start(slot)) throw notStarted
    const statement = this.#permitted(this.#statements.prepareOwn(sql), place)
    // SQLite writes everything before it returns the first row, and commits when the cursor closes for any reason.
    if (!statement.readonly || !statement.reader) throw notReadonly
    return this.#patiently(slot, () => {
      this.#cursors.open(id, statement, parameters, slot, chunkSize)
      return this.#readCursor(id, id, started)
    })
  }

  #readCursor(id: number, cursor: number, started: number): Answer {
    const chunk = this.#cursors.read(cursor, this.#integers)
    if (chunk === undefined) throw aborted
    return this.#rowsAnswer(id, performance.now() - started, chunk, chunk.isLast)
  }

  // The connection.

  /** Restores the connection to its state before the lease. */
  #reset(id: number): Answer {
    this.#rollBack()
    this.#transaction = 'none'
    this.#allowWrites()
    this.#settings.restore()
    this.#housekeeping?.resumeWatch()
    this.#settings.dropTemporaryObjects()
    return done(id)
  }

  /** Makes SQLite itself refuse writes: sqlite.org/pragma.html#pragma_query_only. */
  #refuseWrites(id: number): Answer {
    this.#refusesWrites = true
    // Otherwise its earlier writes could still be committed.
    if (this.#connection.inTransaction) {
      this.#rollBack()
      if (this.#transaction === 'open') this.#transaction = 'lost'
    }
    this.#settings.restore()
    this.#connection.pragma('query_only = ON')
    this.#settings = new ConnectionSettings(this.#connection)
    return done(id)
  }

  /** Before the answer is sent: the process may be killed right after. */
  #noticeDamage(error: Error & { readonly code: string }): void {
    if (this.#hasNoticedDamage) return
    this.#hasNoticedDamage = true
    markForCheck(this.#connection.name, error)
  }

  /** The files are no longer the ones that were opened, and SQLite may not be able to read them. */
  #loseFiles(): void {
    this.#refusesWrites = true
    this.#connection.pragma('query_only = ON')
    try {
      this.#refuseWrites(0)
    } catch {
      // Statements that write are refused before SQLite gets them.
    }
  }

  /** @param isLast no other connection of this process has the files open. */
  close(isLast: boolean): void {
    if (!this.#connection.open) return
    this.#rollBack()
    this.#housekeeping?.close()
    this.#connection.close()
    this.#housekeeping?.closeFiles(isLast)
  }

  /** Call it before answers are sent. */
  noteChanges(): void {
    this.#housekeeping?.noteChanges()
  }

  /** Call it when requests have been answered. */
  touch(): void {
    this.#housekeeping?.touch()
  }
}

function done(id: number): DoneAnswer {
  return [AnswerType.done, id, 0, 0, 0n]
}

function refuse(reason: 'transaction-control' | 'temporary-object' | 'connection-setting'): never {
  throw new RefusedRequest({ kind: 'statement-refused', reason })
}

function demandSendable(bytes: number): void {
  if (bytes > largestValueBytes) throw new RefusedRequest({ kind: 'result-too-large' })
}
