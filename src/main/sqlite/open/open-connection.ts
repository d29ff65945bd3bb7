import { existsSync } from 'node:fs'
import type { Database, Options } from 'better-sqlite3'
import { DataDirError } from '../../../shared/data-dir-error.ts'
import { throwIfNotLoaded } from '../../runtime/load-native.ts'
import { factsOfOpening, isCorruption } from '../errors/causes.ts'
import { DatabaseOpenError, NotADatabaseError, SqliteTooOldError } from '../errors/open-errors.ts'
import { StatementRefusedError } from '../errors/query-errors.ts'
import type { Connector } from './connector.ts'
import { prepareDatabaseFile, refuseReadonlyConnection, shareCompanions } from './file-permissions.ts'
import { refuseNewerDatabase, refuseOtherFile } from './open-checks.ts'
import { applyReaderPragmas, applyWriterPragmas } from './pragmas.ts'

/** In older versions a checkpoint can corrupt a database in WAL mode: sqlite.org/wal.html, "The WAL-Reset Bug". */
const oldestSqlite = '3.51.3'

/**
 * Opens the connection that writes, checks it and sets its pragmas. A missing file is created. Until the checks have
 * passed, nothing is written.
 *
 * @param timeout how long to wait for another program that keeps the database locked, in milliseconds.
 * @throws {DatabaseLinkedError} before anything is opened.
 * @throws {SqliteTooOldError} {NotADatabaseError} {DatabaseNewerError} {DatabaseOpenError} {ConnectionSetupError} The
 * connection is closed then.
 */
export function openWriterConnection(
  connector: Connector,
  path: string,
  migrationNames: readonly string[],
  timeout: number,
): Database {
  prepareDatabaseFile(path)
  const open = (isWithoutSharedMemory: boolean) =>
    openConfigured(
      connector,
      path,
      { timeout },
      {
        beforeFirstRead(connection) {
          // It must come before the first read: sqlite.org/wal.html#noshm.
          if (isWithoutSharedMemory) connection.pragma('locking_mode = EXCLUSIVE')
          refuseOldSqlite(connection)
        },
        configure(connection) {
          refuseNewerDatabase(connection, path, migrationNames)
          if (isWithoutSharedMemory) leaveWal(connection)
          const { trustedSchema } = connector.setup
          applyWriterPragmas(connection, trustedSchema, isWithoutSharedMemory ? 'DELETE' : 'WAL')
          refuseReadonlyConnection(connection)
          shareCompanions(connection, path)
          connector.attach(connection)
        },
      },
    )
  try {
    return open(false)
  } catch (error) {
    if (!lacksSharedMemory(error)) throw error
    return open(true)
  }
}

/** Moves the log into the database and removes it. After that, other programs may have the database open too. */
function leaveWal(connection: Database): void {
  connection.pragma('journal_mode = DELETE')
  connection.pragma('locking_mode = NORMAL')
  // SQLite releases the lock at the next read: sqlite.org/pragma.html#pragma_locking_mode.
  connection.prepare('select 1 from sqlite_schema limit 1').get()
}

/** Some filesystems, such as 9p and some FUSE ones, cannot map a file into the memory of several processes. */
function lacksSharedMemory(error: unknown): boolean {
  if (!(error instanceof DatabaseOpenError)) return false
  // SQLite gives no other reason if it cannot open `-shm`.
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
  connector: Connector,
  path: string,
  fileId: string | undefined,
): Database {
  return openConfigured(
    connector,
    path,
    { readonly: true, fileMustExist: true },
    {
      beforeFirstRead: () => refuseOtherFile(path, fileId),
      configure(connection) {
        applyReaderPragmas(connection, connector.setup.trustedSchema)
        refuseConnectionState(connection)
        connector.attach(connection)
      },
    },
  )
}

/** The reason if a thread has started but its connection was not opened: the pool was closed first. */
export function notWanted(): Error {
  return new Error('the pool was closed first')
}

/**
 * Makes the functions fail that report the writes of their own connection. A reader writes nothing, so their results
 * would be wrong.
 */
export function refuseConnectionState(connection: Database): void {
  for (const name of ['last_insert_rowid', 'changes', 'total_changes']) {
    connection.function(name, () => {
      // SQLite does not say which statement called it. The main thread adds that.
      throw new StatementRefusedError('', 'connection-state')
    })
  }
}

/** The two steps in which a connection is configured, before and after the app has set it up. */
interface Configuring {
  /** It must not read from the database. */
  readonly beforeFirstRead?: (connection: Database) => void
  readonly configure: (connection: Database) => void
}

/**
 * Opens a connection and configures it. SQLite opens any file: the first read shows whether it is a database, and the
 * first write whether it can be written.
 *
 * @throws {NotADatabaseError} {DatabaseOpenError} and the errors of this package that a step throws. The connection
 * is closed then.
 */
export function openConfigured(
  connector: Connector,
  path: string,
  options: Options,
  { beforeFirstRead, configure }: Configuring,
): Database {
  let connection: Database | undefined
  try {
    connection = connector.open(path, options, beforeFirstRead)
    configure(connection)
    return connection
  } catch (error) {
    connection?.close()
    if (error instanceof DataDirError) throw error
    throwIfNotLoaded(error)
    if (isCorruption(error)) throw new NotADatabaseError(path, error)
    throw new DatabaseOpenError(path, error, factsOfOpening(path, error))
  }
}

function refuseOldSqlite(connection: Database): void {
  const version = connection.prepare('select sqlite_version()').pluck().get() as string
  if (versionNumber(version) < versionNumber(oldestSqlite)) throw new SqliteTooOldError(version, oldestSqlite)
}

/** The number as in SQLITE_VERSION_NUMBER: sqlite.org/c3ref/c_source_id.html. */
function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return major * 1_000_000 + minor * 1_000 + patch
}
