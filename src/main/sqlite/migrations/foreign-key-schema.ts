import { type Kysely, sql } from 'kysely'

/** What the foreign keys of a database depend on, at one point of a migration. */
export interface ForeignKeySchema {
  /** SQLite's count of rows that the connection has changed (sqlite.org/lang_corefunc.html#total_changes). */
  readonly changes: number
  /** Tables and views by their folded name. */
  readonly tables: ReadonlyMap<string, Relation>
  readonly triggers: readonly { readonly on: string; readonly text: string }[]
}

interface Relation {
  readonly name: string
  /** Changes when the table is replaced, or its foreign keys or unique indexes are. An added column changes nothing. */
  readonly signature: string
  /** The folded names of the tables that it refers to. */
  readonly parents: readonly string[]
}

interface SchemaRow {
  readonly type: 'table' | 'view' | 'index' | 'trigger'
  readonly name: string
  readonly tbl_name: string
  readonly rootpage: number | bigint
  readonly sql: string | null
}

interface KeyRow {
  readonly child: string
  readonly parent: string
  readonly columns: string
}

/** Reads it on the connection that migrates. It reads no table of the app. */
export async function foreignKeySchema<Schema>(db: Kysely<Schema>): Promise<ForeignKeySchema> {
  const { rows: counts } = await sql<{ n: number | bigint }>`select total_changes() as n`.execute(db)
  const { rows } = await sql<SchemaRow>`
    select type, name, tbl_name, rootpage, sql from sqlite_master order by name`.execute(db)
  const { rows: keys } = await sql<KeyRow>`
    select m.name as child, k."table" as parent, k.id || ' ' || k."from" || ' ' || ifnull(k."to", '') as columns
    from sqlite_master m, pragma_foreign_key_list(m.name) k where m.type = 'table' order by child, k.id, k.seq`.execute(
    db,
  )
  const tables = new Map<string, Relation>()
  for (const { type, name, rootpage } of rows) {
    if (type !== 'table' && type !== 'view') continue
    const ownKeys = keys.filter(({ child }) => child === name)
    const unique = rows.filter((row) => row.type === 'index' && row.tbl_name === name && isUnique(row))
    const signature = JSON.stringify([type, Number(rootpage), ownKeys, unique.map((index) => index.sql)])
    tables.set(folded(name), { name, signature, parents: ownKeys.map(({ parent }) => folded(parent)) })
  }
  const triggers = rows.filter(({ type }) => type === 'trigger')
  return {
    changes: Number(counts[0]?.n),
    tables,
    triggers: triggers.map(({ tbl_name, sql }) => ({ on: folded(tbl_name), text: folded(sql ?? '') })),
  }
}

/** An index without a text of its own belongs to a constraint. */
function isUnique({ sql }: SchemaRow): boolean {
  return sql === null || /\bunique\b/i.test(sql)
}

/**
 * The tables whose foreign keys a migration may have broken: all that it may have changed, and all that refer to those.
 *
 * A statement writes to the tables that its text names, and to those that the triggers of these tables name. Foreign
 * key actions write to no others, because they are off in a migration. So a search for names in the texts finds all
 * tables that rows were written to, and at most too many. Rows that `drop table` removes are in no count, but then the
 * table has changed in the schema.
 *
 * @param texts the statements that ran; undefined if they are not known.
 * @returns the names of these tables as they are in `schema`, which is the one before the migration or the one after.
 */
export function endangeredTables(
  schema: ForeignKeySchema,
  [before, after]: readonly [ForeignKeySchema, ForeignKeySchema],
  texts: readonly string[] | undefined,
): string[] {
  const touched = touchedTables(before, after, texts)
  return [...schema.tables].flatMap(([key, { name, parents }]) => {
    const isEndangered = parents.length > 0 && [key, ...parents].some((table) => touched.has(table))
    return isEndangered ? [name] : []
  })
}

function touchedTables(
  before: ForeignKeySchema,
  after: ForeignKeySchema,
  texts: readonly string[] | undefined,
): ReadonlySet<string> {
  const all = new Set([...before.tables.keys(), ...after.tables.keys()])
  const isChanged = (key: string) => before.tables.get(key)?.signature !== after.tables.get(key)?.signature
  const touched = new Set([...all].filter(isChanged))
  if (after.changes === before.changes) return touched
  const searched = texts?.map(folded)
  if (!searched) return all
  // A text that is searched may add the texts of triggers.
  for (const text of searched) {
    for (const key of all) {
      if (!text.includes(key) && !isQuotedOddly(key)) continue
      touched.add(key)
      for (const trigger of before.triggers) {
        if (trigger.on === key && !searched.includes(trigger.text)) searched.push(trigger.text)
      }
    }
  }
  return touched
}

/** A quotation mark in a name is written twice in some texts. */
function isQuotedOddly(name: string): boolean {
  return /["'`[\]]/.test(name)
}

/** Names are the same if they differ only in the case of ASCII letters (sqlite.org/datatype3.html#collation). */
function folded(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
