import { type Kysely, sql } from 'kysely'
import { messageOf } from '../errors/causes.ts'

/**
 * Switches the enforcement of foreign keys on a connection. Inside a transaction it has no effect
 * (sqlite.org/pragma.html#pragma_foreign_keys).
 */
export async function enforceForeignKeys<Schema>(connection: Kysely<Schema>, on: boolean): Promise<void> {
  await sql.raw(`pragma foreign_keys = ${on ? 'on' : 'off'}`).execute(connection)
}

export interface ForeignKeyCheckOptions {
  /** The statements of the migration. If they are not known, all tables that have foreign keys are checked. */
  readonly statements: StatementTexts | undefined
  /** Counts the faults that some tables had before the migration's transaction. */
  readonly faultsBefore: (tables: readonly string[]) => Promise<number>
}

/**
 * Runs a part of a migration's transaction, and throws if more rows than before have foreign keys that point to no row.
 *
 * The check reads only tables that the work may have broken. So an empty migration, a new index or a new column reads
 * none, and the cost of a run depends on what its migrations change, not on their number. The check comes at the end of
 * each migration and not at the end of the run: each migration commits by itself, so a later check could not undo it.
 *
 * Most databases have no faults. The number from before is needed only if there is one afterwards. A second connection
 * can then still count them, because it does not read the transaction.
 *
 * @param db the transaction, without plugins.
 * @throws {Error} that names a table.
 */
export async function checkForeignKeys<Schema>(
  db: Kysely<Schema>,
  { statements, faultsBefore }: ForeignKeyCheckOptions,
  work: () => Promise<void>,
): Promise<void> {
  const before = await readSchema(db)
  statements?.clear()
  await work()
  const texts = statements?.all()
  const after = await readSchema(db)
  const touched = touchedTables(before, after, texts)
  const faults = await findFaults(db, endangeredTables(after, touched))
  if (faults.count === 0) return
  const allowed = await faultsBefore(endangeredTables(before, touched))
  if (faults.count > allowed) throw new Error(`foreign key check: ${faults.first}`)
}

/**
 * Finds rows whose foreign keys point to no row (sqlite.org/pragma.html#pragma_foreign_key_check). It reads each table
 * once.
 *
 * @returns how many there are, and the first one in words. The count is Infinity if the schema does not allow the check,
 * for example because a parent key is not unique.
 */
async function findFaults<Schema>(
  db: Kysely<Schema>,
  tables: readonly string[],
): Promise<{ readonly count: number; readonly first: string }> {
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
    return { count: Infinity, first: messageOf(error) }
  }
}

/** The part of a schema that foreign keys depend on, at one point of a migration. */
interface ForeignKeySchema {
  /** SQLite's count of rows that the connection has changed (sqlite.org/lang_corefunc.html#total_changes). */
  readonly changes: number
  /** Tables and views by their folded name. */
  readonly tables: ReadonlyMap<string, Relation>
  readonly triggers: readonly { readonly on: string; readonly text: string }[]
}

interface Relation {
  /** As it is in the schema. */
  readonly name: string
  /** Changes if the table is replaced, or its foreign keys or unique indexes change. An added column changes nothing. */
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

/** Reads the schema on the connection that migrates. It reads no table of the app. */
async function readSchema<Schema>(db: Kysely<Schema>): Promise<ForeignKeySchema> {
  const { rows: counts } = await sql<{ n: number | bigint }>`select total_changes() as n`.execute(db)
  const { rows } = await sql<SchemaRow>`
    select type, name, tbl_name, rootpage, sql from sqlite_master order by name`.execute(db)
  const { rows: keys } = await sql<{ child: string; parent: string; columns: string }>`
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
 * @param schema the schema before or after the migration, which gives the names.
 * @param touched from {@link touchedTables}.
 */
function endangeredTables(schema: ForeignKeySchema, touched: ReadonlySet<string>): string[] {
  return [...schema.tables].flatMap(([key, { name, parents }]) => {
    const isEndangered = parents.length > 0 && [key, ...parents].some((table) => touched.has(table))
    return isEndangered ? [name] : []
  })
}

/**
 * The folded names of the tables that a migration may have changed.
 *
 * A statement writes to the tables that its text names, and to those that the triggers of these tables name. Foreign
 * key actions write to no others, because they are off in a migration. So a search for names in the texts finds all
 * tables that rows were written to, and at most too many. Rows that `drop table` removes are in no count, but then the
 * table has changed in the schema.
 *
 * @param texts the statements that ran; undefined if they are not known.
 */
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
      // A quotation mark in a name is written twice in some texts.
      if (!text.includes(key) && !/["'`[\]]/.test(key)) continue
      touched.add(key)
      for (const trigger of before.triggers) {
        if (trigger.on === key && !searched.includes(trigger.text)) searched.push(trigger.text)
      }
    }
  }
  return touched
}

/** Names are the same if they differ only in the case of ASCII letters (sqlite.org/datatype3.html#collation). */
function folded(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

// Rows that a migration writes as text, and not as values, are part of its statements.
const charactersAtMost = 4_000_000

/** Keeps the texts of the statements that run, each once. */
export class StatementTexts {
  readonly #texts = new Set<string>()
  #characters = 0

  /** Call it for each statement. */
  readonly add = (sql: string): void => {
    if (this.#characters > charactersAtMost || this.#texts.has(sql)) return
    this.#texts.add(sql)
    this.#characters += sql.length
  }

  clear(): void {
    this.#texts.clear()
    this.#characters = 0
  }

  /** @returns undefined if the texts were too long to keep all of them. */
  all(): string[] | undefined {
    return this.#characters > charactersAtMost ? undefined : [...this.#texts]
  }
}
