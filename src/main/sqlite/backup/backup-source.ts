import type { Database } from 'better-sqlite3'
import { systemFailureIn } from '../../../shared/system-failure.ts'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'
import { factsOfOpening } from '../errors/failure-facts.ts'
import { DatabaseOpenError, DatabaseReplacedError, NotADatabaseError } from '../errors/open-errors.ts'
import { openingPatience } from '../open/busy-wait.ts'
import { refuseMismatchAt } from '../open/open-writer.ts'
import { refuseOtherFile } from '../open/refuse-other-file.ts'
import { backUp } from './backup.ts'
import type { BackupResult } from './backup-seal.ts'

/**
 * Opens a database to back it up, by somebody who does not otherwise use it.
 *
 * @param isShared another process writes to it: it is only read then.
 * @param fileId the file that this process has open under the path, if it has one.
 * @throws {NotADatabaseError} {DatabaseOpenError} also where there is none; nothing is created.
 * @throws {DatabaseMismatchError} when database and log do not belong together. Neither was changed.
 * @throws {NativeModuleError}
 */
export function openForBackup(path: string, isShared: boolean, fileId?: string): Database {
  const SqliteDatabase = betterSqlite3()
  let connection: Database | undefined
  // Between two programs that use it, database and log need not fit in every moment.
  if (!isShared) refuseMismatchAt(path)
  try {
    connection = new SqliteDatabase(path, {
      readonly: isShared,
      fileMustExist: true,
      timeout: openingPatience,
    })
    // Opening reads nothing yet.
    refuseOtherFile(path, fileId)
    connection.prepare('select 1 from sqlite_master').get()
    return connection
  } catch (error) {
    connection?.close()
    if (error instanceof DatabaseReplacedError) throw error
    const kind = systemFailureIn(error)?.kind
    if (kind === 'damaged' || kind === 'not-a-database') throw new NotADatabaseError(path, error)
    throw new DatabaseOpenError(path, error, factsOfOpening(path, error))
  }
}

/**
 * Backs a database up through a connection of its own that only reads, while another one of this process writes.
 *
 * @throws {BackupFailedError} {NotADatabaseError} {DatabaseOpenError}
 */
export async function copyBeside(
  databasePath: string,
  to: string,
  fileId: string | undefined,
  signal: AbortSignal,
): Promise<BackupResult> {
  const connection = openForBackup(databasePath, true, fileId)
  try {
    return await backUp(connection, to, { signal })
  } finally {
    connection.close()
  }
}
