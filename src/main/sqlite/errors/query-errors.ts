import { DataDirError } from '../../../shared/data-dir-error.ts'
import { messageOf } from './causes.ts'

/** A query came after the pool was closed, or while it was closing. It was not run. */
export class PoolClosedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_POOL_CLOSED'
  readonly code = PoolClosedError.code
  /** The database file. */
  readonly path: string

  constructor(path: string) {
    super(`The database ${path} is closed.`, {
      remedy: 'Do not use a pool after it was closed. Call connect() again to continue.',
    })
    this.path = path
  }
}

/** A method that returns no promise was called on the `db` of a claim that is still opening its database. */
export class NotOpenYetError extends DataDirError {
  static readonly code = 'ERR_DATADIR_NOT_OPEN_YET'
  readonly code = NotOpenYetError.code
  /** The method. */
  readonly method: string

  constructor(method: string) {
    super(`${method}() was called before the database was open.`, {
      remedy: 'Await the claim first, and use its `db`. Queries wait for the database by themselves.',
    })
    this.method = method
  }
}

/** What happened to an aborted query. */
export type AbortOutcome =
  /** It had not started. */
  | 'not-run'
  /** It was stopped, or its result is discarded. It changed nothing in the database. */
  | 'stopped'
  /** It was part of a transaction. The whole transaction is rolled back. */
  | 'transaction-rolled-back'
  /** It has taken effect. A plugin was still transforming its result, or some of its rows had not been read. */
  | 'committed'
  /** It was left running (`inflightQueryAbortStrategy: 'ignore query'`). It may take effect or fail. */
  | 'unknown'

const abortWords: Record<AbortOutcome, string> = {
  'not-run': 'It had not started.',
  stopped: 'It changed nothing in the database.',
  'transaction-rolled-back': 'The transaction that it belonged to is rolled back.',
  committed: 'It has taken effect. Only its result is lost.',
  unknown: 'It was left running. It may or may not take effect.',
}

const repeatable: ReadonlySet<AbortOutcome> = new Set(['not-run', 'stopped', 'transaction-rolled-back'])

/** A query was aborted: its `AbortSignal` aborted, or its timeout expired. */
export class QueryAbortedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_QUERY_ABORTED'
  readonly code = QueryAbortedError.code
  /** The statement, without its values. */
  readonly sql: string
  /** What happened to it. */
  readonly outcome: AbortOutcome
  /** Whether a timeout expired: its own `timeout`, or a signal of `AbortSignal.timeout()`. */
  readonly isTimeout: boolean

  /** @param cause the signal's reason, or undefined for the query's own timeout. */
  constructor(sql: string, outcome: AbortOutcome, cause: unknown) {
    const isTimeout = cause === undefined || isTimeoutReason(cause)
    super(`A query was aborted${isTimeout ? ' because its timeout expired' : ''}. ${abortWords[outcome]}`, {
      remedy: repeatable.has(outcome)
        ? 'Run it again if you still need it.'
        : 'Check what is in the database before you run it again.',
      cause,
    })
    this.sql = sql
    this.outcome = outcome
    this.isTimeout = isTimeout
  }
}

function isTimeoutReason(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError'
}

/** The thread that ran a query ended. The pool has replaced the thread and continues. */
export class WorkerLostError extends DataDirError {
  static readonly code = 'ERR_DATADIR_WORKER_LOST'
  readonly code = WorkerLostError.code
  /** The statement that was running, without its values. */
  readonly sql: string
  /** The connection whose thread ended. If it is the writer, it may be unknown whether a write is in the database. */
  readonly role: 'writer' | 'reader'

  constructor(role: 'writer' | 'reader', sql: string, cause: unknown) {
    const state =
      role === 'writer' ? 'It is not known whether a write that it was committing is in the database.' : ''
    super(`The ${role} thread of the database ended (${messageOf(cause)}). ${state}`.trim(), {
      remedy: 'Check what is in the database before you repeat a write. You can repeat reads.',
      cause,
    })
    this.sql = sql
    this.role = role
  }
}

/**
 * A query was run on `db` inside a transaction of the same pool. It would wait for the transaction, or not read what
 * the transaction has written.
 */
export class NestedQueryError extends DataDirError {
  static readonly code = 'ERR_DATADIR_NESTED_QUERY'
  readonly code = NestedQueryError.code
  /** The statement, without its values; undefined for a second transaction. */
  readonly sql: string | undefined

  constructor(sql: string | undefined) {
    const what = sql === undefined ? 'A transaction was started' : 'A query was run on `db`'
    super(`${what} inside a transaction or connection of the same pool.`, {
      remedy:
        'Use the object that the callback receives: `db.transaction().execute((trx) => trx.selectFrom(…))`.',
    })
    this.sql = sql
  }
}

/** A write or a savepoint was run on a connection whose own stream is still open. SQLite does not define the result. */
export class StreamingError extends DataDirError {
  static readonly code = 'ERR_DATADIR_STREAMING'
  readonly code = StreamingError.code
  /** The statement that would write, without its values. It was not run. */
  readonly sql: string

  constructor(sql: string) {
    super('A write or a savepoint was run on a connection that is streaming rows.', {
      remedy: 'Finish or leave the loop over the stream first, or stream from `db`, outside the transaction.',
    })
    this.sql = sql
  }
}

/**
 * A query waited for `waitTimeout` while transactions or streams of the same pool kept every connection it could have
 * run on. It was not run.
 */
export class PoolBusyError extends DataDirError {
  static readonly code = 'ERR_DATADIR_POOL_BUSY'
  readonly code = PoolBusyError.code
  /** The kind of connection that the query waited for. */
  readonly role: 'writer' | 'reader'

  constructor(role: 'writer' | 'reader', milliseconds: number) {
    const holders = role === 'writer' ? 'A transaction' : 'Streams and read-only transactions'
    super(`${holders} of this pool kept every ${role} for ${milliseconds} ms.`, {
      remedy: 'Find the transaction or stream that never ends, or that waits for this query.',
    })
    this.role = role
  }
}

/** SQLite has rolled the transaction back, or the transaction was aborted. None of its changes can be committed. */
export class TransactionLostError extends DataDirError {
  static readonly code = 'ERR_DATADIR_TRANSACTION_LOST'
  readonly code = TransactionLostError.code

  constructor(cause?: unknown) {
    super('The transaction was rolled back before its end.', {
      remedy: 'Start it again from its beginning.',
      cause,
    })
  }
}

/**
 * A statement was run on a connection or transaction whose callback has ended, or on a released lease. It was not run.
 */
export class ConnectionReleasedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_CONNECTION_RELEASED'
  readonly code = ConnectionReleasedError.code
  /** The statement, without its values. */
  readonly sql: string

  constructor(sql: string) {
    super('A statement was run on a connection whose callback has ended, or on a released lease.', {
      remedy:
        'Await every statement inside the callback of connection() or transaction(), or before release().',
    })
    this.sql = sql
  }
}

/** A parameter has a type that SQLite cannot store, or it cannot be sent to the thread. The statement was not run. */
export class InvalidParameterError extends DataDirError {
  static readonly code = 'ERR_DATADIR_INVALID_PARAMETER'
  readonly code = InvalidParameterError.code
  /** The statement, without its values. */
  readonly sql: string
  /** The position of the parameter, from 0. */
  readonly index: number

  constructor(sql: string, index: number, problem: string) {
    super(`Parameter ${index + 1} of a query cannot be bound: ${problem}.`, {
      remedy:
        'Bind a number, bigint, string, null, undefined, or a Buffer or typed array that was not transferred.',
    })
    this.sql = sql
    this.index = index
  }
}

/** A result has more bytes than one message can carry. A write that returned it was rolled back. */
export class ResultTooLargeError extends DataDirError {
  static readonly code = 'ERR_DATADIR_RESULT_TOO_LARGE'
  readonly code = ResultTooLargeError.code
  /** The statement, without its values. */
  readonly sql: string

  constructor(sql: string) {
    super('The result of a query has more than 1,000,000,000 bytes.', {
      remedy: 'Read it with stream(), or in several queries.',
    })
    this.sql = sql
  }
}

/** A result has an integer that a JavaScript number would round. A write that returned it was rolled back. */
export class IntegerRangeError extends DataDirError {
  static readonly code = 'ERR_DATADIR_INTEGER_RANGE'
  readonly code = IntegerRangeError.code
  /** The statement, without its values. */
  readonly sql: string
  /** The name of the result's column. */
  readonly column: string

  constructor(sql: string, column: string) {
    super(`Column ${column} of a result has an integer beyond 2^53, which a number would round.`, {
      remedy: "Cast the column to text, or open the pool with `integers: 'bigint'`.",
    })
    this.sql = sql
    this.column = column
  }
}

/** Why a pool does not run a statement. */
export type RefusalReason =
  /** `begin`, `commit`, `savepoint`, `attach` or a similar statement, as raw SQL. */
  | 'transaction-control'
  /** On a lease: `begin` inside a transaction, or `commit`, `rollback`, `savepoint` or `release` outside of one. */
  | 'transaction-state'
  /** Outside a lease: it creates a temporary object that only the writer would see. */
  | 'temporary-object'
  /** Outside a lease: a pragma that changes the connection, which other queries share. */
  | 'connection-setting'
  /**
   * On a reader: `last_insert_rowid()`, `changes()` and `total_changes()` report writes of the same connection, and a
   * reader never writes.
   */
  | 'connection-state'
  /** `pragma key`, `rekey` and the like: the connections of the pool could no longer read the database. */
  | 'encryption-key'

const refusals: Record<RefusalReason, readonly [problem: string, remedy: string]> = {
  'transaction-control': [
    '`begin`, `commit`, `savepoint`, `attach` or a similar statement was run as raw SQL.',
    'Use transaction(), startTransaction() with savepoints, or lease(). Attach a database with the option `attach`.',
  ],
  'transaction-state': [
    '`begin` was run inside a transaction, or `commit`, `rollback`, `savepoint` or `release` outside of one.',
    'Begin a transaction once and end it once. Use savepoints for a transaction inside a transaction.',
  ],
  'temporary-object': [
    'A temporary table, view or trigger was created on `db`. Only one connection would see it.',
    'Create and use it inside connection() or transaction(). It is dropped when that ends.',
  ],
  'connection-setting': [
    'A pragma on `db` would change a connection that other queries share.',
    'Run it inside connection(), together with the statements that need it. The setting is restored when that ends.',
  ],
  'encryption-key': [
    '`pragma key`, `pragma rekey` or a similar pragma was run. The connections of the pool could no longer read the database.',
    'Give the key in the option `key`.',
  ],
  'connection-state': [
    'last_insert_rowid(), changes() or total_changes() was read on a connection that never writes.',
    'Read it inside the connection() or transaction() that wrote, or use `returning`.',
  ],
}

/** The pool never runs this statement, or does not run it here. The statement changed nothing. */
export class StatementRefusedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_STATEMENT_REFUSED'
  readonly code = StatementRefusedError.code
  /** The statement, without its values. */
  readonly sql: string
  /** Why it was refused. */
  readonly reason: RefusalReason

  constructor(sql: string, reason: RefusalReason) {
    const [problem, remedy] = refusals[reason]
    super(problem, { remedy })
    this.sql = sql
    this.reason = reason
  }
}
