import type { Database } from 'better-sqlite3'
import { type Kysely, sql } from 'kysely'
import { betterSqlite3 } from '../native/better-sqlite3.ts'

/**
 * Switches the enforcement of foreign keys on a connection. Inside a transaction it does nothing
 * (sqlite.org/pragma.html#pragma_foreign_keys).
 */
export async function enforceForeignKeys<Schema>(connection: Kysely<Schema>, on: boolean): Promise<void> {
  await sql.raw(`pragma foreign_keys = ${on ? 'on' : 'off'}`).execute(connection)
}

/** Rows whose foreign keys point nowhere: how many, and the first of them as words. */
export interface ForeignKeyFaults {
  readonly count: number
  readonly first: string
}

/**
 * Looks for such rows in some tables (sqlite.org/pragma.html#pragma_foreign_key_check). It reads each of them once.
 *
 * @returns a count of Infinity where the schema itself does not allow the check, as when a parent key is not unique.
 */
export async function foreignKeyFaults<Schema>(
  db: Kysely<Schema>,
  tables: readonly string[],
): Promise<ForeignKeyFaults> {
  let count = 0
  let first = ''
  try {
    for (const table of tables) {
      const { rows } = await sql<{ parent: string; count: number | bigint }>`
        select "parent", sum(count(*)) over () as count
        from pragma_foreign_key_check(${table}) group by "parent" limit 1`.execute(db)
      const [row] = rows
      if (!row) continue
      count += Number(row.count)
      first ||= `a row of ${table} refers to nothing in ${row.parent}`
    }
    return { count, first }
  } catch (error) {
    return { count: Infinity, first: error instanceof Error ? error.message : String(error) }
  }
}

/**
 * Counts such rows in what is committed, while another connection of this process has a transaction open: in WAL mode
 * a new connection does not see that transaction (sqlite.org/wal.html).
 *
 * @returns Infinity as {@link foreignKeyFaults} does; 0 if the database has no room for a second connection.
 */
export function committedForeignKeyFaults(databasePath: string, tables: readonly string[]): number {
  let connection: Database | undefined
  try {
    connection = new (betterSqlite3())(databasePath, { readonly: true, fileMustExist: true, timeout: 0 })
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
