import { DataDirError } from '../../shared/data-dir-error.ts'

/** A query came after the pool was closed, or while it was closing. It was not run. */
export class PoolClosedError extends DataDirError {
  readonly code = 'ERR_DATADIR_POOL_CLOSED'
  /** The database file. */
  readonly path: string

  constructor(path: string) {
    super(`The database ${path} is closed.`, {
      remedy: 'Stop using a pool once it is released; connect again to go on.',
    })
    this.path = path
  }
}

/** What became of an aborted query. None of these leaves anything of it in the database. */
export type AbortOutcome =
  /** It had not started. */
  | 'not-run'
  /** It was stopped, or its result is thrown away. A write on its own is rolled back. */
  | 'stopped'
  /** It was part of a transaction; all of that is rolled back. */
  | 'transaction-rolled-back'

const abortWords: Record<AbortOutcome, string> = {
  'not-run': 'It had not started.',
  stopped: 'Nothing of it stays in the database.',
  'transaction-rolled-back': 'The transaction it belonged to is rolled back.',
}

/** A query was given up: its `AbortSignal` aborted, or its time was over. */
export class QueryAbortedError extends DataDirError {
  readonly code = 'ERR_DATADIR_QUERY_ABORTED'
  /** The statement, without its values. */
  readonly sql: string
  /** What became of it. */
  readonly outcome: AbortOutcome
  /** Whether its time was over: its own `timeout`, or a signal of `AbortSignal.timeout()`. */
  readonly isTimeout: boolean

  /** @param cause the signal's reason, or undefined for the query's own timeout. */
  constructor(sql: string, outcome: AbortOutcome, cause: unknown) {
    const isTimeout = cause === undefined || isTimeoutReason(cause)
    super(`A query was ${isTimeout ? 'stopped when its time was over' : 'aborted'}. ${abortWords[outcome]}`, {
      remedy: 'Start it again when it is wanted again.',
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

/** The thread that ran a query ended. The pool has replaced it and goes on. */
export class WorkerLostError extends DataDirError {
  readonly code = 'ERR_DATADIR_WORKER_LOST'
  /** The statement in hand, without its values. */
  readonly sql: string
  /** Which connection's thread it was. Only a writer's may leave it open whether a write is in the database. */
  readonly role: 'writer' | 'reader'

  constructor(role: 'writer' | 'reader', sql: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const state =
      role === 'writer' ? 'Whether a write it was committing is in the database is not known.' : ''
    super(`The ${role} thread of the database ended (${why}). ${state}`.trim(), {
      remedy: 'Look at what is in the database before repeating a write; reads can be repeated.',
      cause,
    })
    this.sql = sql
    this.role = role
  }
}

/** A query on `db` from inside a transaction of the same pool would wait for itself, or miss what was written. */
export class NestedQueryError extends DataDirError {
  readonly code = 'ERR_DATADIR_NESTED_QUERY'
  /** The statement, without its values; undefined for a second transaction. */
  readonly sql: string | undefined

  constructor(sql: string | undefined) {
    const what = sql === undefined ? 'A transaction was started' : 'A query was run on `db`'
    super(`${what} inside a transaction or connection of the same pool.`, {
      remedy:
        'Use the object the callback was given: `db.transaction().execute((trx) => trx.selectFrom(…))`.',
    })
    this.sql = sql
  }
}

/** A write on a connection whose own stream is still open. SQLite's answer to it would be undefined. */
export class StreamingError extends DataDirError {
  readonly code = 'ERR_DATADIR_STREAMING'
  /** The statement that would write, without its values. It was not run. */
  readonly sql: string

  constructor(sql: string) {
    super('A connection that streams rows was asked to write.', {
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
  readonly code = 'ERR_DATADIR_POOL_BUSY'
  /** Which kind of connection was waited for. */
  readonly role: 'writer' | 'reader'

  constructor(role: 'writer' | 'reader', milliseconds: number) {
    const holders = role === 'writer' ? 'a transaction' : 'streams and read-only transactions'
    super(`For ${milliseconds} ms ${holders} of this pool kept every ${role}.`, {
      remedy: 'Look for a transaction or stream that is never finished, or that waits for this query.',
    })
    this.role = role
  }
}

/** SQLite has rolled the transaction back, or it was aborted: nothing of it can be committed any more. */
export class TransactionLostError extends DataDirError {
  readonly code = 'ERR_DATADIR_TRANSACTION_LOST'

  constructor(cause?: unknown) {
    super('The transaction was rolled back before its end.', {
      remedy: 'Start it again from its beginning.',
      cause,
    })
  }
}

/** A parameter is nothing SQLite can store. Thrown before anything was sent. */
export class InvalidParameterError extends DataDirError {
  readonly code = 'ERR_DATADIR_INVALID_PARAMETER'
  /** The statement, without its values. */
  readonly sql: string
  /** The parameter's place, from 0. */
  readonly index: number

  constructor(sql: string, index: number, kind: string) {
    super(`Parameter ${index + 1} of a query is of a type SQLite does not store: ${kind}.`, {
      remedy: 'Bind a number, bigint, string, null, Buffer or Uint8Array.',
    })
    this.sql = sql
    this.index = index
  }
}

/** A result has an integer that a JavaScript number would round. A write that returned it was rolled back. */
export class IntegerRangeError extends DataDirError {
  readonly code = 'ERR_DATADIR_INTEGER_RANGE'
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

/** A statement that would change a connection under the pool's feet. It was not run. */
export class StatementRefusedError extends DataDirError {
  readonly code = 'ERR_DATADIR_STATEMENT_REFUSED'
  /** The statement, without its values. */
  readonly sql: string

  constructor(sql: string) {
    super('A statement for transactions or attached databases was typed by hand.', {
      remedy: 'Use transaction(), startTransaction() with savepoints; a pool has one database.',
    })
    this.sql = sql
  }
}
