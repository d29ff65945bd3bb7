// @ts-check
import { existsSync } from 'node:fs'
import SqliteDatabase from 'better-sqlite3'

/**
 * Reads the groups of rows in a database file, and its problems.
 * @param {string} path
 * @returns {{ groups: Set<string>, problems: string[] }}
 */
export function readRows(path) {
  /** @type {string[]} */
  const problems = []
  // The writer was killed before it made the database. Then no row was acknowledged.
  if (!existsSync(path)) return { groups: new Set(), problems }
  const database = new SqliteDatabase(path)
  try {
    const check = database.pragma('integrity_check', { simple: true })
    if (check !== 'ok') problems.push(`integrity_check of ${path}: ${check}`)
    const hasTable = database.prepare("select 1 from sqlite_master where name = 'row'").get()
    const groups = /** @type {{ group_id: string, group_size: number, count: number }[]} */ (
      hasTable
        ? database
            .prepare(
              'select group_id, max(group_size) as group_size, count(*) as count from row group by group_id',
            )
            .all()
        : []
    )
    for (const { group_id, group_size, count } of groups) {
      if (count !== group_size) problems.push(`${group_id} has ${count} of its ${group_size} rows`)
    }
    return { groups: new Set(groups.map(({ group_id }) => group_id)), problems }
  } catch (error) {
    problems.push(`${path} cannot be read: ${error instanceof Error ? error.message : error}`)
    return { groups: new Set(), problems }
  } finally {
    database.close()
  }
}

/**
 * @param {ReadonlySet<string>} committed
 * @param {ReadonlySet<string>} present
 */
export function missingFrom(committed, present) {
  return [...committed].filter((id) => !present.has(id)).map((id) => `${id} was acknowledged and is lost`)
}
