import type { Database } from 'better-sqlite3'
import { betterSqlite3 } from '../native/better-sqlite3.ts'
import { DatabaseOpenError, NotADatabaseError } from './errors.ts'
import { refuseMismatchAt } from './open-writer.ts'

/**
 * Opens a database to back it up, by somebody who does not otherwise use it.
 *
 * @param isShared another process writes to it: it is only read then.
 * @throws {NotADatabaseError} {DatabaseOpenError} also where there is none; nothing is created.
 * @throws {DatabaseMismatchError} when database and log do not belong together. Neither was changed.
 * @throws {NativeModuleError}
 */
export function openForBackup(path: string, isShared: boolean): Database {
  const SqliteDatabase = betterSqlite3()
  let connection: Database | undefined
  // Between two programs that use it, database and log need not fit in every moment.
  if (!isShared) refuseMismatchAt(path)
  try {
    connection = new SqliteDatabase(path, { readonly: isShared, fileMustExist: true })
    // Opening reads nothing yet.
    connection.prepare('select 1 from sqlite_master').get()
    return connection
  } catch (error) {
    connection?.close()
    const { code } = error as { code?: string }
    if (code === 'SQLITE_NOTADB' || code?.startsWith('SQLITE_CORRUPT'))
      throw new NotADatabaseError(path, error)
    throw new DatabaseOpenError(path, error as Error)
  }
}
