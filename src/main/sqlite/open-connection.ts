import type { Database, Options } from 'better-sqlite3'
import { betterSqlite3 } from '../native/better-sqlite3.ts'
import {
  DatabaseMismatchError,
  DatabaseMissingError,
  DatabaseNewerError,
  DatabaseOpenError,
  DatabaseReplacedError,
  NotADatabaseError,
  SqliteTooOldError,
} from './errors.ts'
import { RefusedRequest } from './failures.ts'
import { refuseNewerDatabase } from './newer-database.ts'
import { applyReaderPragmas, applyWriterPragmas } from './pragmas.ts'
import type { OpenFailure } from './protocol.ts'

/** Before it a checkpoint could corrupt a database in WAL mode: sqlite.org/wal.html, "The WAL-Reset Bug". */
const oldestSqlite = [3, 51, 3] as const

/**
 * Opens the connection that writes (the file is created where missing), checks it and sets its pragmas. Until the
 * checks have passed nothing is written.
 *
 * @throws {SqliteTooOldError} {NotADatabaseError} {DatabaseNewerError} {DatabaseOpenError}; it is closed then.
 */
export function openWriterConnection(
  path: string,
  migrationNames: readonly string[],
  trustedSchema: boolean,
): Database {
  const connection = connect(path, {})
  return configured(connection, path, () => {
    refuseOldSqlite(connection)
    refuseNewerDatabase(connection, path, migrationNames)
    applyWriterPragmas(connection, trustedSchema)
  })
}

/**
 * Opens a connection that only reads, on a database that the writer has opened before.
 *
 * @throws as {@link openWriterConnection} does.
 */
export function openReaderConnection(path: string, trustedSchema: boolean): Database {
  const connection = connect(path, { readonly: true, fileMustExist: true })
  return configured(connection, path, () => {
    applyReaderPragmas(connection, trustedSchema)
    refuseConnectionState(connection)
  })
}

/** Why a connection whose thread had started was not opened: the pool was closed first. */
export function notWanted(): Error {
  return new Error('the pool was closed first')
}

/**
 * These functions report what their own connection wrote. A reader writes nothing, so they fail instead of being wrong.
 */
function refuseConnectionState(connection: Database): void {
  for (const name of ['last_insert_rowid', 'changes', 'total_changes']) {
    connection.function(name, () => {
      throw new RefusedRequest({ kind: 'statement-refused', reason: 'connection-state' })
    })
  }
}

function connect(path: string, options: Options): Database {
  try {
    return new (betterSqlite3())(path, options)
  } catch (error) {
    throw new DatabaseOpenError(path, error as Error)
  }
}

function configured(connection: Database, path: string, configure: () => void): Database {
  try {
    configure()
    return connection
  } catch (error) {
    connection.close()
    throw explained(error, path)
  }
}

/** SQLite opens anything; only the first read tells whether it is a database, the first write whether it can. */
function explained(error: unknown, path: string): unknown {
  if (!(error instanceof betterSqlite3().SqliteError)) return error
  const isDamage = error.code === 'SQLITE_NOTADB' || error.code.startsWith('SQLITE_CORRUPT')
  return isDamage ? new NotADatabaseError(path, error) : new DatabaseOpenError(path, error)
}

function refuseOldSqlite(connection: Database): void {
  const version = connection.prepare('select sqlite_version()').pluck().get() as string
  if (isOlder(version.split('.').map(Number), oldestSqlite))
    throw new SqliteTooOldError(version, oldestSqlite.join('.'))
}

/** @param version its numbers, the most significant first. */
export function isOlder(version: readonly number[], than: readonly number[]): boolean {
  for (const [place, wanted] of than.entries()) {
    const part = version[place] ?? 0
    if (part !== wanted) return part < wanted
  }
  return false
}

/** An error of opening, as it travels from the thread that opened. */
export function openFailureOf(error: unknown): OpenFailure {
  if (error instanceof DatabaseNewerError) {
    return { kind: 'newer', unknownMigrations: error.unknownMigrations }
  }
  if (error instanceof DatabaseMissingError) return { kind: 'missing', traces: error.traces }
  if (error instanceof DatabaseMismatchError) return { kind: 'mismatch', mismatch: error.mismatch }
  if (error instanceof DatabaseReplacedError) return { kind: 'replaced', what: error.what }
  if (error instanceof SqliteTooOldError) {
    return { kind: 'sqlite-too-old', version: error.version, oldest: error.oldest }
  }
  if (error instanceof NotADatabaseError || error instanceof DatabaseOpenError) {
    const kind = error instanceof NotADatabaseError ? 'not-a-database' : 'cannot-open'
    const cause = error.cause instanceof Error ? error.cause : error
    return { kind, message: cause.message, code: 'code' in cause ? String(cause.code) : '' }
  }
  return { kind: 'other', message: error instanceof Error ? error.message : String(error) }
}

/** The error again, in the main thread. */
export function openErrorOf(failure: OpenFailure, path: string): Error {
  switch (failure.kind) {
    case 'newer':
      return new DatabaseNewerError(path, failure.unknownMigrations)
    case 'missing':
      return new DatabaseMissingError(path, failure.traces)
    case 'mismatch':
      return new DatabaseMismatchError(path, failure.mismatch)
    case 'replaced':
      return new DatabaseReplacedError(path, failure.what, Promise.resolve(undefined))
    case 'sqlite-too-old':
      return new SqliteTooOldError(failure.version, failure.oldest)
    case 'not-a-database':
      return new NotADatabaseError(path, new (betterSqlite3().SqliteError)(failure.message, failure.code))
    case 'cannot-open':
      return new DatabaseOpenError(path, new (betterSqlite3().SqliteError)(failure.message, failure.code))
    case 'other':
      return new DatabaseOpenError(path, new Error(failure.message))
  }
}
