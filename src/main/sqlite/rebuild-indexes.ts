import { betterSqlite3 } from '../native/better-sqlite3.ts'

/**
 * Rebuilds the indexes of a database from its rows (sqlite.org/lang_reindex.html).
 *
 * The caller holds the lock and has no connection to the database.
 *
 * @throws better-sqlite3's SqliteError.
 */
export function rebuildIndexes(databasePath: string): void {
  const connection = new (betterSqlite3())(databasePath, { fileMustExist: true })
  try {
    connection.exec('reindex')
  } finally {
    connection.close()
  }
}
