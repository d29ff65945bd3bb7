import type { Database, Options } from 'better-sqlite3'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'

/**
 * Opens a connection to an existing database, and closes it after the work.
 *
 * @throws better-sqlite3's SqliteError if the file cannot be opened, and whatever `work` throws.
 */
export function withConnection<Result>(
  path: string,
  options: Options,
  work: (connection: Database) => Result,
): Result {
  const connection = new (betterSqlite3())(path, { ...options, fileMustExist: true })
  try {
    return work(connection)
  } finally {
    connection.close()
  }
}
