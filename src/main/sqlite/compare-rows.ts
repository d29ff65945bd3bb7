import type { Database } from 'better-sqlite3'
import { isCorruption } from './corruption.ts'
import { type FtsTable, quoted, type Tree } from './rebuildable.ts'

/** An index with more entries than its table has rows. */
export interface Surplus {
  readonly index: Tree
  /** How many entries it has. */
  readonly entries: number
}

/**
 * The indexes that have more entries than their table has rows.
 *
 * @param indexes none of them is partial.
 */
export function withSurplus(connection: Database, indexes: readonly Tree[]): Surplus[] {
  const numberOf = (sql: string) => connection.prepare(sql).pluck().get() as number
  return indexes.flatMap((index) => {
    const table = quoted(index.table)
    try {
      const rows = numberOf(`select count(*) from ${table} not indexed`)
      // For count(*), SQLite takes any index it likes.
      const entries = numberOf(`select total(1) from ${table} indexed by ${quoted(index.name)}`)
      return entries > rows ? { index, entries } : []
    } catch (error) {
      if (isCorruption(error)) return []
      throw error
    }
  })
}

/**
 * Whether a table has lost rows. An index with too many entries may only be out of date. Two indexes of a table with the
 * same number of entries are not.
 */
export function hasLostRows(surplus: readonly Surplus[]): boolean {
  return surplus.some(({ index, entries }, place) =>
    surplus.slice(place + 1).some((other) => other.index.table === index.table && other.entries === entries),
  )
}

/**
 * Whether a full-text index finds rows that its table does not have. Every search that finds one fails with
 * `SQLITE_CORRUPT_VTAB`, but `integrity_check` does not look for them.
 */
export function findsLostRows(connection: Database, { name, indexTables, external }: FtsTable): boolean {
  if (!external || !indexTables.includes(`${name}_docsize`)) return false
  const table = quoted(external.table)
  const rowid = quoted(external.rowid)
  try {
    const lost = connection.prepare(
      `select 1 from ${quoted(`${name}_docsize`)} as d
       where not exists (select 1 from ${table} as t where t.${rowid} = d.id) limit 1`,
    )
    return lost.get() !== undefined
  } catch {
    // The check before has found the damage. A view without a rowid cannot be asked.
    return false
  }
}
