import { existsSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { DatabaseMismatchError, DatabaseMissingError, DatabaseReplacedError } from '../errors/open-errors.ts'
import { readCheckpointRecord } from '../files/checkpoint-record.ts'
import { DatabaseFiles } from '../files/database-files.ts'
import { readHeader } from '../files/file-format.ts'
import { openingPatience } from './busy-wait.ts'
import type { Connector } from './connector.ts'
import { refuseWrongKey } from './key-check.ts'
import { mismatchOf, observe } from './log-mismatch.ts'
import { isMissingOrEmpty, refuseLinkedDatabase, tracesOfUse } from './open-checks.ts'
import { openWriterConnection } from './open-connection.ts'
import { hasWal } from './pragmas.ts'
import { closingOnFailure } from './with-connection.ts'

/** The connection that writes, and its files. */
export interface OpenWriter {
  readonly connection: Database
  /** undefined if only SQLite may read the database in this process. */
  readonly files: DatabaseFiles | undefined
}

export interface WriterOptions {
  readonly path: string
  /** The names of the migrations that the app has. */
  readonly migrations: readonly string[]
  readonly connector: Connector
  /** The file that this pool has opened before, if its writer ended and is replaced. */
  readonly fileId: string | undefined
  /** How long to wait for another program that keeps the database locked, in milliseconds. Default 2000. */
  readonly timeout?: number
}

/**
 * Checks that database and log exist and belong together, and then opens the connection that writes. Until the checks
 * have passed, SQLite opens nothing and nothing is written.
 *
 * @throws {DatabaseMissingError} {DatabaseMismatchError} {DatabaseReplacedError} {DatabaseKeyError} and everything that
 * {@link openWriterConnection} throws.
 */
export function openWriter(options: WriterOptions): OpenWriter {
  const { path, migrations, connector, fileId, timeout = openingPatience } = options
  const { hasKey } = connector
  const connect = () => openWriterConnection(connector, path, migrations, timeout)
  refuseLinkedDatabase(path)
  if (fileId !== undefined) return reopen(path, fileId, hasKey, connect)
  if (isMissingOrEmpty(path)) {
    const traces = tracesOfUse(path)
    if (traces.length > 0) throw new DatabaseMissingError(path, traces)
    // SQLite creates the file here, so that the log belongs to the file that is opened below.
    connect().close()
  }
  let files = DatabaseFiles.open(path, hasKey)
  if (!files) return { connection: connect(), files }
  try {
    // First: when SQLite closes a file that it cannot read, it may remove the log.
    const isInWalMode = isWal(files, connector)
    refuseMismatch(files)
    if (!isInWalMode) {
      files.close()
      files = undefined
      // SQLite switches the file to WAL mode, or throws because it is not a database.
      connect().close()
      files = DatabaseFiles.open(path, hasKey)
    }
    if (files && (isInWalMode || isWal(files, connector))) {
      files.createLog()
      const connection = connect()
      if (closingOnFailure(connection, hasWal)) return withPageSize(files, connection)
      connection.close()
    }
    // Without shared memory there is no log, and no record of what this connection writes to the database.
    files?.close()
    files = undefined
    return { connection: connect(), files }
  } catch (error) {
    // No connection of this process has them open.
    files?.close()
    throw error
  }
}

/**
 * Whether a database is in WAL mode, according to its first page.
 *
 * @throws {DatabaseKeyError}
 */
function isWal(files: DatabaseFiles, connector: Connector): boolean {
  const decrypted = refuseWrongKey(connector, files)
  return decrypted?.isInWalMode ?? readHeader(files.database)?.isInWalMode ?? false
}

/** Only SQLite can read the page size of an encrypted database. If that fails, the files may be closed only afterwards. */
function withPageSize(files: DatabaseFiles, connection: Database): OpenWriter {
  files.pageSize = closingOnFailure(connection, () =>
    Number(connection.pragma('page_size', { simple: true })),
  )
  return { connection, files }
}

/** The readers of the pool have the files open, so no descriptor of them is closed here. */
function reopen(path: string, fileId: string, isEncrypted: boolean, connect: () => Database): OpenWriter {
  const files = DatabaseFiles.open(path, isEncrypted)
  if (!files || files.id !== fileId) {
    const what = existsSync(path) ? 'replaced' : 'removed'
    throw new DatabaseReplacedError(path, what, Promise.resolve(undefined))
  }
  files.createLog()
  return withPageSize(files, connect())
}

/**
 * Checks a database that no connection of this process has open.
 *
 * @throws {DatabaseKeyError} if the key does not fit.
 * @throws {DatabaseMismatchError} if it and its log do not belong together. Neither was changed.
 */
export function refuseMismatchAt(path: string, connector: Connector): void {
  const files = DatabaseFiles.open(path, connector.hasKey)
  try {
    if (!files) return
    refuseWrongKey(connector, files)
    refuseMismatch(files)
  } finally {
    files?.close()
  }
}

/** @throws {DatabaseMismatchError} */
function refuseMismatch(files: DatabaseFiles): void {
  const mismatch = mismatchOf(observe(files, readCheckpointRecord(files.path)))
  if (mismatch) throw new DatabaseMismatchError(files.path, mismatch)
}
