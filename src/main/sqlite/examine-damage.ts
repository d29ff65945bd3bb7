import type { Database } from 'better-sqlite3'
import { findsLostRows, hasLostRows, withSurplus } from './compare-rows.ts'
import { isCorruption } from './corruption.ts'
import { type FtsTable, ftsTablesOf, type Tree, treesOf } from './rebuildable.ts'

/** What is damaged in a database. */
export interface Findings {
  /**
   * - `none`: everything passes `integrity_check`.
   * - `index`: only what can be made again from the rows is damaged.
   * - `data`: more than that is damaged.
   */
  readonly damage: 'none' | 'index' | 'data'
  /** The damaged indexes. */
  readonly indexes: readonly Tree[]
  /** The full-text tables with a damaged index. */
  readonly ftsTables: readonly FtsTable[]
  /** The names of the tables and indexes whose pages are damaged. */
  readonly brokenTrees: ReadonlySet<string>
  /** Whether an index has entries of rows that its table does not have. */
  readonly hasSurplus: boolean
  /** SQLite's first words about it; empty if nothing is damaged. */
  readonly words: string
}

/**
 * Runs `integrity_check` on a database and finds out what it reports on. Only reads.
 *
 * @throws better-sqlite3's SqliteError if the schema is damaged, or if the file cannot be read for another reason.
 */
export function examine(connection: Database): Findings {
  return new Examination(connection).run()
}

// The default of 100 would hide further damage.
const messagesAtMost = 1_000_000
const aboutIndex =
  /^(?:row \d+ (?:missing from|values differ from)|rowid not at end-of-record for row \d+ of|non-unique entry in|wrong # of entries in) index (.+)$/

interface Messages {
  readonly lines: readonly string[]
  /** SQLite stopped here, because it came to a damaged page. */
  readonly error: Error | undefined
}

class Examination {
  readonly #connection: Database
  readonly #trees: readonly Tree[]
  readonly #fts: readonly FtsTable[]
  readonly #indexes = new Set<Tree>()
  readonly #damagedFts = new Set<FtsTable>()
  readonly #brokenTrees = new Set<string>()
  readonly #miscounted = new Set<Tree>()
  #hasLostPages = false
  #isDataDamaged = false
  #words = ''

  constructor(connection: Database) {
    this.#connection = connection
    this.#trees = treesOf(connection)
    this.#fts = ftsTablesOf(this.#trees)
  }

  run(): Findings {
    const whole = this.#check(`integrity_check(${messagesAtMost})`)
    for (const line of whole.lines) this.#note(line)
    // SQLite did not get to the tables after the damaged page.
    if (whole.error) for (const tree of this.#trees) if (tree.type === 'table') this.#checkTable(tree)
    for (const table of this.#fts) if (findsLostRows(this.#connection, table)) this.#noteFts(table)
    // Pages that belong to nothing are left when a page of a tree is lost. They may be those of a table.
    if (this.#hasLostPages && this.#brokenTrees.size === 0) this.#isDataDamaged = true
    const countable = [...this.#miscounted].filter(({ name }) => !this.#brokenTrees.has(name))
    const surplus = withSurplus(this.#connection, countable)
    if (hasLostRows(surplus)) this.#isDataDamaged = true
    const isAnyDamaged = this.#indexes.size + this.#damagedFts.size > 0 || whole.error !== undefined
    return {
      damage: this.#isDataDamaged ? 'data' : isAnyDamaged ? 'index' : 'none',
      indexes: [...this.#indexes],
      ftsTables: [...this.#damagedFts],
      brokenTrees: this.#brokenTrees,
      hasSurplus: surplus.length > 0,
      words: this.#words || (whole.error?.message ?? ''),
    }
  }

  #check(pragma: string): Messages {
    const lines: string[] = []
    try {
      for (const row of this.#connection.prepare(`pragma ${pragma}`).pluck().iterate()) {
        lines.push(...String(row).split('\n'))
      }
      return { lines, error: undefined }
    } catch (error) {
      if (!isCorruption(error)) throw error
      return { lines, error }
    }
  }

  #checkTable(table: Tree): void {
    const name = `'${table.name.replaceAll("'", "''")}'`
    const full = this.#check(`integrity_check(${name})`)
    if (!full.error) {
      for (const line of full.lines) this.#note(line)
      return
    }
    const fts = this.#fts.find((one) => one.name === table.name)
    if (fts) {
      this.#noteFts(fts)
      return
    }
    // It reads the rows, but looks nothing up in the indexes.
    const rows = this.#check(`quick_check(${name})`)
    if (rows.error) this.#noteTree(table, rows.error.message)
    else if (rows.lines.some((line) => line !== 'ok')) for (const line of rows.lines) this.#note(line)
    else for (const tree of this.#trees) if (isIndexOf(tree, table)) this.#noteTree(tree, full.error.message)
  }

  #note(line: string): void {
    if (line === 'ok' || line === '' || line.startsWith('*** in database')) return
    this.#words ||= line
    const [, root] = /^Tree (\d+) /.exec(line) ?? []
    if (root !== undefined) {
      const tree = this.#trees.find((one) => one.root === Number(root))
      if (tree) this.#noteTree(tree, line)
      else this.#isDataDamaged = true
      return
    }
    if (/^Page \d+: never used$/.test(line)) {
      this.#hasLostPages = true
      return
    }
    const [, name] = aboutIndex.exec(line) ?? []
    const index = this.#trees.find((tree) => tree.type === 'index' && tree.name === name)
    const fts = this.#fts.find((table) => isAbout(line, table))
    if (index) {
      if (line.startsWith('wrong #')) this.#miscounted.add(index)
      this.#noteIndex(index)
    } else if (fts) this.#noteFts(fts)
    else this.#isDataDamaged = true
  }

  #noteTree(tree: Tree, words: string): void {
    this.#words ||= words
    this.#brokenTrees.add(tree.name)
    const owner = this.#ownerOf(tree)
    if (owner) this.#noteFts(owner)
    else if (tree.type === 'index') this.#noteIndex(tree)
    else this.#isDataDamaged = true
  }

  #noteIndex(index: Tree): void {
    const owner = this.#ownerOf(index)
    if (owner?.isRebuildable) this.#damagedFts.add(owner)
    else this.#indexes.add(index)
  }

  #noteFts(table: FtsTable): void {
    this.#words ||= `the full-text index ${table.name} is damaged`
    if (table.isRebuildable) this.#damagedFts.add(table)
    else this.#isDataDamaged = true
  }

  /** The full-text table to whose index a tree belongs. */
  #ownerOf(tree: Tree): FtsTable | undefined {
    return this.#fts.find(({ indexTables }) => indexTables.includes(tree.table))
  }
}

/** SQLite adds the reason after a colon if it has one. */
function isAbout(line: string, { name }: FtsTable): boolean {
  const words = ` table main.${name}`
  return line.endsWith(words) || line.includes(`${words}: `)
}

function isIndexOf(tree: Tree, table: Tree): boolean {
  return tree.type === 'index' && tree.table === table.name
}
