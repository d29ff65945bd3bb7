import type { Database } from 'better-sqlite3'
import { isCorruption } from '../errors/corruption.ts'
import { type FtsTable, quoted, type Tree } from './rebuildable.ts'

/** An index with entries that fit no row of its table. */
export interface Stray {
  readonly index: Tree
  /** How many more entries than rows there are. Negative if there are fewer entries than rows. */
  readonly surplus: number
}

/**
 * The indexes that have entries which fit no row.
 *
 * @param missing how many rows each index lacks. None of the indexes is partial.
 */
export function straysOf(connection: Database, missing: ReadonlyMap<Tree, number>): Stray[] {
  const numberOf = (sql: string) => connection.prepare(sql).pluck().get() as number
  return [...missing].flatMap(([index, lacking]) => {
    const table = quoted(index.table)
    try {
      const rows = numberOf(`select count(*) from ${table} not indexed`)
      // For count(*), SQLite takes any index it likes.
      const entries = numberOf(`select total(1) from ${table} indexed by ${quoted(index.name)}`)
      const surplus = entries - rows
      return surplus + lacking > 0 ? { index, surplus } : []
    } catch (error) {
      if (isCorruption(error)) return []
      // A partial index cannot be asked, and what it has too many is then unknown.
      return { index, surplus: 0 }
    }
  })
}

/**
 * Whether a table has lost rows. An index with too many entries may only be out of date. Two indexes of a table with the
 * same number of entries are not.
 */
export function hasLostRows(strays: readonly Stray[]): boolean {
  return strays.some(
    ({ index, surplus }, place) =>
      surplus > 0 &&
      strays.slice(place + 1).some((other) => other.index.table === index.table && other.surplus === surplus),
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
