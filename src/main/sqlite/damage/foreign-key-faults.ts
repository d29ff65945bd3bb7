import { refuseOtherFile } from '../open/open-checks.ts'
import { withConnection } from '../open/with-connection.ts'

// Without Kysely: the threads that open connections start without it.

/**
 * Counts the committed rows whose foreign keys point to no row, while another connection of this process has a
 * transaction open: in WAL mode a new connection does not read that transaction (sqlite.org/wal.html).
 *
 * @param fileId the file that the other connection has open.
 * @returns Infinity if the schema does not allow the check; 0 if a second connection cannot be opened.
 */
export function countForeignKeyFaults(
  databasePath: string,
  tables: readonly string[],
  fileId: string | undefined,
): number {
  let isOpen = false
  try {
    return withConnection(databasePath, { readonly: true, timeout: 0 }, (connection) => {
      refuseOtherFile(databasePath, fileId)
      connection.prepare('select 1 from sqlite_master').get()
      isOpen = true
      const count = connection.prepare('select count(*) from pragma_foreign_key_check(?)').pluck()
      return tables.reduce((sum, table) => sum + (count.get(table) as number), 0)
    })
  } catch {
    // It cannot be opened, for example, with `locking_mode = exclusive`. A migration that leaves faults is then undone.
    return isOpen ? Infinity : 0
  }
}
