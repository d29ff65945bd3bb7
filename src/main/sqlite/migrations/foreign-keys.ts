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
