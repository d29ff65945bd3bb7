import type { Database } from 'better-sqlite3'

/** A b-tree of a database: sqlite.org/fileformat2.html#the_sqlite_schema_table. */
export interface Tree {
  readonly type: 'table' | 'index'
  readonly name: string
  /** The table that an index belongs to; of a table its own name. */
  readonly table: string
  /** The number of its first page; 0 for a virtual table, which has no b-tree of its own. */
  readonly root: number
  readonly sql: string
}

/** A full-text table, and the source of its index. */
export interface FtsTable {
  readonly name: string
  /** The tables that hold only its index. */
  readonly indexTables: readonly string[]
  /** Whether the index can be rebuilt from rows that are in another table. */
  readonly isRebuildable: boolean
  /** The table of the app that holds the text, if it is FTS5 and the text is there. */
  readonly external: { readonly table: string; readonly rowid: string } | undefined
}

/** @throws better-sqlite3's SqliteError if the schema itself is damaged. */
export function treesOf(connection: Database): Tree[] {
  return connection
    .prepare(
      `select type, name, tbl_name as "table", rootpage as root, coalesce(sql, '') as sql
       from sqlite_schema where type in ('table', 'index')`,
    )
    .all() as Tree[]
}

// sqlite.org/fts5.html#fts5_data_structures, sqlite.org/fts3.html#shadow_tables. `_content` holds rows: it is no index.
const indexSuffixes = {
  fts5: ['data', 'idx', 'docsize', 'config'],
  fts4: ['segments', 'segdir', 'docsize', 'stat'],
} as const

/** The full-text tables among the tables of a database. */
export function ftsTablesOf(trees: readonly Tree[]): FtsTable[] {
  const names = new Set(trees.map(({ name }) => name))
  return trees.flatMap(({ name, sql, root }) => {
    const [, module = ''] =
      /^\s*create\s+virtual\s+table\b[\s\S]*?\busing\s+["'`[]?(fts[345])\b/i.exec(sql) ?? []
    if (root !== 0 || module === '') return []
    const isFts5 = module.toLowerCase() === 'fts5'
    const indexTables = indexSuffixes[isFts5 ? 'fts5' : 'fts4']
      .map((suffix) => `${name}_${suffix}`)
      .filter((table) => names.has(table))
    const content = contentOf(sql)
    const isRebuildable = content === 'own' ? names.has(`${name}_content`) : content !== 'unclear'
    const external =
      isFts5 && typeof content === 'object' ? { table: content.table, rowid: rowidOf(sql) } : undefined
    return { name, indexTables, isRebuildable, external }
  })
}

/**
 * The table that has the text of a full-text table. A contentless table (`content=''`) has the text only in its index.
 * An option that this function cannot read counts as contentless.
 */
function contentOf(sql: string): 'own' | 'unclear' | { readonly table: string } {
  const mentions = [...sql.matchAll(/(?<!\w)content(?!\w)(["'`\]]?\s*(?:[,)]|unindexed\b))?/gi)]
  const options = mentions.filter(([, asColumn]) => asColumn === undefined)
  const [option] = options
  if (!option) return 'own'
  const [, single, double, bare] =
    /^content\s*=\s*(?:'([^']+)'|"([^"]+)"|(\w+))\s*[,)]/i.exec(sql.slice(option.index)) ?? []
  const table = single ?? double ?? bare
  return options.length > 1 || table === undefined ? 'unclear' : { table }
}

function rowidOf(sql: string): string {
  return /(?<!\w)content_rowid\s*=\s*["'`[]?(\w+)/i.exec(sql)?.[1] ?? 'rowid'
}

/** A name in quotation marks for SQL: sqlite.org/lang_keywords.html. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
