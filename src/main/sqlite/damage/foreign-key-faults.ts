import type { Database } from 'better-sqlite3'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'
import { refuseOtherFile } from '../open/open-checks.ts'

// Without Kysely: the threads that open connections start without it.

/**
 * Counts rows whose foreign keys point nowhere in what is committed, while another connection of this process has a
 * transaction open: in WAL mode a new connection does not see that transaction (sqlite.org/wal.html).
 *
 * @param fileId the file that the other connection has open.
 * @returns Infinity if the schema itself does not allow the check; 0 if the database has no room for a second
 * connection.
 */
export function committedForeignKeyFaults(
  databasePath: string,
  tables: readonly string[],
  fileId: string | undefined,
): number {
  let connection: Database | undefined
  try {
    connection = new (betterSqlite3())(databasePath, { readonly: true, fileMustExist: true, timeout: 0 })
    refuseOtherFile(databasePath, fileId)
    connection.prepare('select 1 from sqlite_master').get()
  } catch {
    connection?.close()
    // For example with `locking_mode = exclusive`. A migration of a database with faults is then undone, not let through.
    return 0
  }
  try {
    const count = connection.prepare('select count(*) from pragma_foreign_key_check(?)').pluck()
    return tables.reduce((sum, table) => sum + (count.get(table) as number), 0)
  } catch {
    return Infinity
  } finally {
    connection.close()
  }
}
