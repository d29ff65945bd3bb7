import { type Kysely, sql } from 'kysely'
import type { DataDirWarning } from '../../shared/data-dir-warning.ts'

const moduleName = /^\s*create\s+virtual\s+table\b[\s\S]*?\busing\s+["'`[]?(\w+)/i

/**
 * Finds the virtual tables of a database whose extension is not loaded. Every statement that uses one of them fails. All
 * other tables work.
 *
 * @returns undefined if there is none.
 */
export async function unusableTables(db: Kysely<unknown>, path: string): Promise<DataDirWarning | undefined> {
  const { rows } = await sql<{ name: string; sql: string }>`
    select name, sql from sqlite_schema
    where type = 'table' and rootpage = 0 and sql like 'create virtual%'`.execute(db)
  if (rows.length === 0) return undefined
  const { rows: modules } = await sql<{
    name: string
  }>`select lower(name) as name from pragma_module_list`.execute(db)
  const known = new Set(modules.map(({ name }) => name))
  const unusable = rows.flatMap(({ name, sql: text }) => {
    const module = moduleName.exec(text)?.[1]
    return module === undefined || known.has(module.toLowerCase()) ? [] : [`${name} (${module})`]
  })
  if (unusable.length === 0) return undefined
  return {
    code: 'DATADIR_UNUSABLE_TABLES',
    message:
      `Tables of ${path} cannot be used, because their extension is not loaded: ${unusable.join(', ')}. ` +
      'Load it with the option `extensions` or `connection`. All other tables work.',
    path,
  }
}
