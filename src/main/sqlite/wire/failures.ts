import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'
import { findDatabaseHolder, namingHolder } from '../errors/causes.ts'
import {
  IntegerRangeError,
  ResultTooLargeError,
  StatementRefusedError,
  StreamingError,
  TransactionLostError,
} from '../errors/query-errors.ts'
import { withHolder } from './carried-error.ts'
import type { Failure } from './protocol.ts'

/** What a session throws internally, so that one `catch` handles everything. */
export class RefusedRequest extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.kind)
    this.failure = failure
  }
}

/** SQLite's error for a write on a connection that only reads. */
export const readonlyFailure: Failure = {
  kind: 'sqlite',
  message: 'attempt to write a readonly database',
  code: 'SQLITE_READONLY',
}

/** SQLite's error for a checkpoint while another process may be changing the database. */
export const busyFailure: Failure = {
  kind: 'sqlite',
  message: 'database is locked',
  code: 'SQLITE_BUSY',
}

/**
 * An error as it travels.
 *
 * @param databasePath if the database is locked, the kernel is asked who keeps it locked.
 */
export function failureOf(error: unknown, databasePath: string): Failure {
  if (error instanceof RefusedRequest) return error.failure
  if (error instanceof betterSqlite3().SqliteError) {
    const { message, code } = error
    const holder = code.startsWith('SQLITE_BUSY') ? findDatabaseHolder(databasePath) : undefined
    return { kind: 'sqlite', message: namingHolder(message, holder), code, holder }
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  return { kind: 'other', name, message }
}

/** The error again, in the main thread: better-sqlite3's own class where it was that. */
export function errorOf(failure: Failure, sql: string): Error {
  switch (failure.kind) {
    case 'sqlite':
      return Object.assign(
        withHolder(new (betterSqlite3().SqliteError)(failure.message, failure.code), failure.holder),
        { sql },
      )
    case 'statement-refused':
      return new StatementRefusedError(sql, failure.reason)
    case 'result-too-large':
      return new ResultTooLargeError(sql)
    case 'integer-range':
      return new IntegerRangeError(sql, failure.column)
    case 'transaction-lost':
      return new TransactionLostError()
    case 'streaming':
      return new StreamingError(sql)
    case 'other':
      return Object.assign(builtIn(failure.name, failure.message), { sql })
  }
}

function builtIn(name: string, message: string): Error {
  if (name === 'TypeError') return new TypeError(message)
  if (name === 'RangeError') return new RangeError(message)
  return Object.assign(new Error(message), { name })
}
