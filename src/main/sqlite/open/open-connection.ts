import { existsSync } from 'node:fs'
import type { Database, Options } from 'better-sqlite3'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'
import { factsOfOpening } from '../errors/causes.ts'
import {
  DatabaseLinkedError,
  DatabaseMismatchError,
  DatabaseMissingError,
  DatabaseNewerError,
  DatabaseOpenError,
  DatabaseReplacedError,
  factsOf,
  NotADatabaseError,
  SqliteTooOldError,
} from '../errors/open-errors.ts'
import { RefusedRequest } from '../wire/failures.ts'
import type { OpenFailure } from '../wire/protocol.ts'
import { openingPatience } from './busy-wait.ts'
import {
  prepareDatabaseFile,
  refuseReadonlyConnection,
  refuseUnwritableFiles,
  shareCompanions,
} from './file-permissions.ts'
import { refuseNewerDatabase, refuseOtherFile } from './open-checks.ts'
import { applyReaderPragmas, applyWriterPragmas } from './pragmas.ts'

/** Before it a checkpoint could corrupt a database in WAL mode: sqlite.org/wal.html, "The WAL-Reset Bug". */
const oldestSqlite = [3, 51, 3] as const

/**
 * Opens the connection that writes (the file is created where missing), checks it and sets its pragmas. Until the
 * checks have passed nothing is written.
 *
 * @throws {DatabaseLinkedError} before anything is opened.
 * @throws {SqliteTooOldError} {NotADatabaseError} {DatabaseNewerError} {DatabaseOpenError}; it is closed then.
 */
export function openWriterConnection(
  path: string,
  migrationNames: readonly string[],
  trustedSchema: boolean,
): Database {
  prepareDatabaseFile(path)
  refuseUnwritableFiles(path)
  const open = (isWithoutSharedMemory: boolean) => {
    const connection = connect(path, { timeout: openingPatience })
    return configured(connection, path, () => {
      // It must come before the first read: sqlite.org/wal.html#noshm.
      if (isWithoutSharedMemory) connection.pragma('locking_mode = EXCLUSIVE')
      refuseOldSqlite(connection)
      refuseNewerDatabase(connection, path, migrationNames)
      if (isWithoutSharedMemory) leaveWal(connection)
      applyWriterPragmas(connection, trustedSchema, isWithoutSharedMemory ? 'DELETE' : 'WAL')
      refuseReadonlyConnection(connection)
      shareCompanions(connection, path)
    })
  }
  try {
    return open(false)
  } catch (error) {
    if (!lacksSharedMemory(error)) throw error
    return open(true)
  }
}

/** The log is moved into the database and removed. Then other programs may have the database open too. */
function leaveWal(connection: Database): void {
  connection.pragma('journal_mode = DELETE')
  connection.pragma('locking_mode = NORMAL')
  // The lock is given back with the next read: sqlite.org/pragma.html#pragma_locking_mode.
  connection.prepare('select 1 from sqlite_schema limit 1').get()
}

/** Some filesystems, such as 9p and some FUSE ones, cannot map a file into the memory of several processes. */
function lacksSharedMemory(error: unknown): boolean {
  if (!(error instanceof DatabaseOpenError)) return false
  // SQLite reports no more than this if it cannot open `-shm`.
  const isUnexplained = error.reason === 'cannot-open' && existsSync(error.path)
  return error.reason === 'no-shared-memory' || isUnexplained
}

/**
 * Opens a connection that only reads, on a database that the writer has opened before.
 *
 * @param fileId the file that the writer has open.
 * @throws as {@link openWriterConnection} does.
 */
export function openReaderConnection(
  path: string,
  trustedSchema: boolean,
  fileId: string | undefined,
): Database {
  const connection = connect(path, { readonly: true, fileMustExist: true })
  return configured(connection, path, () => {
    refuseOtherFile(path, fileId)
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
    throw new DatabaseOpenError(path, error, factsOfOpening(path, error))
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
  return isDamage
    ? new NotADatabaseError(path, error)
    : new DatabaseOpenError(path, error, factsOfOpening(path, error))
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
  if (error instanceof DatabaseLinkedError) {
    return { kind: 'linked', path: error.path, link: error.link, target: error.target }
  }
  if (error instanceof DatabaseReplacedError) return { kind: 'replaced', what: error.what }
  if (error instanceof SqliteTooOldError) {
    return { kind: 'sqlite-too-old', version: error.version, oldest: error.oldest }
  }
  if (error instanceof NotADatabaseError) return { kind: 'not-a-database', ...causeOf(error) }
  if (error instanceof DatabaseOpenError) {
    return { kind: 'cannot-open', ...causeOf(error), facts: factsOf(error) }
  }
  return { kind: 'other', message: error instanceof Error ? error.message : String(error) }
}

function causeOf({ cause, message }: Error): { message: string; code: string } {
  if (!(cause instanceof Error)) return { message, code: '' }
  return { message: cause.message, code: 'code' in cause ? String(cause.code) : '' }
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
    case 'linked':
      return new DatabaseLinkedError(failure.path, failure.link, failure.target)
    case 'replaced':
      return new DatabaseReplacedError(path, failure.what, Promise.resolve(undefined))
    case 'sqlite-too-old':
      return new SqliteTooOldError(failure.version, failure.oldest)
    case 'not-a-database':
      return new NotADatabaseError(path, new (betterSqlite3().SqliteError)(failure.message, failure.code))
    case 'cannot-open':
      return new DatabaseOpenError(path, revivedCause(failure), failure.facts)
    case 'other':
      return new DatabaseOpenError(path, new Error(failure.message))
  }
}

function revivedCause({ message, code }: { readonly message: string; readonly code: string }): Error {
  if (code.startsWith('SQLITE')) return new (betterSqlite3().SqliteError)(message, code)
  return Object.assign(new Error(message), code !== '' && { code })
}
