import type { Database } from 'better-sqlite3'
import { systemFailureIn } from '../../shared/system-failure.ts'
import { betterSqlite3 } from '../native/better-sqlite3.ts'
import { openingPatience } from './busy-wait.ts'
import { DatabaseOpenError, NotADatabaseError } from './errors.ts'
import { factsOfOpening } from './failure-facts.ts'

/**
 * Opens a database to back it up, by somebody who does not otherwise use it.
 *
 * @param isShared another process writes to it: it is only read then.
 * @throws {NotADatabaseError} {DatabaseOpenError} also where there is none; nothing is created.
 * @throws {NativeModuleError}
 */
export function openForBackup(path: string, isShared: boolean): Database {
  const SqliteDatabase = betterSqlite3()
  let connection: Database | undefined
  try {
    connection = new SqliteDatabase(path, {
      readonly: isShared,
      fileMustExist: true,
      timeout: openingPatience,
    })
    // Opening reads nothing yet.
    connection.prepare('select 1 from sqlite_master').get()
    return connection
  } catch (error) {
    connection?.close()
    const kind = systemFailureIn(error)?.kind
    if (kind === 'damaged' || kind === 'not-a-database') throw new NotADatabaseError(path, error)
    throw new DatabaseOpenError(path, error, factsOfOpening(path, error))
  }
}
