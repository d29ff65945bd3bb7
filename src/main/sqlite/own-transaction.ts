import type { Database } from 'better-sqlite3'

/** Runs work in a transaction that is committed when it returns and rolled back when it throws. */
export function inOwnTransaction<Result>(connection: Database, work: () => Result): Result {
  connection.exec('begin immediate')
  try {
    const result = work()
    connection.exec('commit')
    return result
  } catch (error) {
    // Some errors have made SQLite roll back already: sqlite.org/lang_transaction.html.
    if (connection.inTransaction) connection.exec('rollback')
    throw error
  }
}
