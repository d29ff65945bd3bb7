import { type Kysely, sql } from 'kysely'

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
 * Looks for such rows in the whole database (sqlite.org/pragma.html#pragma_foreign_key_check).
 *
 * @returns a count of Infinity where the schema itself does not allow the check, as when a parent key is not unique.
 */
export async function foreignKeyFaults<Schema>(db: Kysely<Schema>): Promise<ForeignKeyFaults> {
  try {
    const { rows } = await sql<{ table: string; parent: string; count: number }>`
      select "table", "parent", sum(count(*)) over () as count
      from pragma_foreign_key_check group by "table", "parent" limit 1`.execute(db)
    const [row] = rows
    if (!row) return { count: 0, first: '' }
    return { count: row.count, first: `a row of ${row.table} refers to nothing in ${row.parent}` }
  } catch (error) {
    return { count: Infinity, first: error instanceof Error ? error.message : String(error) }
  }
}
