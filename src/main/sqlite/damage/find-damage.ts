import type { Database } from 'better-sqlite3'
import { attempt } from '../../../shared/attempt.ts'
import { corruption, isCorruption } from '../errors/causes.ts'
import { Connector } from '../open/connector.ts'
import { refuseOtherFile } from '../open/open-checks.ts'
import { withConnection } from '../open/with-connection.ts'
import { type FtsTable, ftsTablesOf, quoted, type Tree, treesOf } from './btrees.ts'
import { checkMessages, isAbout, isAboutPages, subjectIn, subjects } from './check-messages.ts'

/** What is damaged in a database. */
export interface Findings {
  /**
   * - `none`: everything passes `integrity_check`.
   * - `index`: only what can be rebuilt from the rows is damaged.
   * - `data`: more than that is damaged.
   */
  readonly damage: 'none' | 'index' | 'data'
  /** The damaged indexes. */
  readonly indexes: readonly Tree[]
  /** The full-text tables with a damaged index. */
  readonly ftsTables: readonly FtsTable[]
  /** The names of the tables and indexes whose pages are damaged. */
  readonly brokenTrees: ReadonlySet<string>
  /**
   * Whether an index that can be read has entries which fit no row. Either the index is out of date, or rows were lost or
   * changed. Then these entries are all that is left of the rows.
   */
  readonly hasStrays: boolean
  /** SQLite's first words about the damage; empty if nothing is damaged. */
  readonly words: string
}

/**
 * Runs `integrity_check` on a database and finds out what is damaged. Only reads.
 *
 * @throws better-sqlite3's SqliteError if the schema is damaged, or if the file cannot be read for another reason.
 */
export function examine(connection: Database): Findings {
  return new Examination(connection).run()
}

// The default of 100 would hide further damage.
const messagesAtMost = 1_000_000

class Examination {
  readonly #connection: Database
  readonly #trees: readonly Tree[]
  readonly #fts: readonly FtsTable[]
  readonly #indexes = new Set<Tree>()
  readonly #damagedFts = new Set<FtsTable>()
  readonly #brokenTrees = new Set<string>()
  readonly #missing = new Map<Tree, number>()
  #hasFtsMismatch = false
  #hasLostPages = false
  #isDataDamaged = false
  #words = ''

  constructor(connection: Database) {
    this.#connection = connection
    this.#trees = treesOf(connection)
    this.#fts = ftsTablesOf(this.#trees)
  }

  run(): Findings {
    const whole = checkMessages(this.#connection, `main.integrity_check(${messagesAtMost})`)
    this.#noteAll(whole.lines)
    if (whole.error) {
      // SQLite did not check what comes after the damaged page. The checks of the tables report the same rows again.
      this.#missing.clear()
      for (const tree of this.#trees) if (tree.type === 'table') this.#checkTable(tree)
    }
    for (const table of this.#fts) if (findsLostRows(this.#connection, table)) this.#noteMismatch(table)
    // If a page of a tree is lost, the pages below it belong to nothing. They may be those of a table.
    if (this.#hasLostPages && this.#brokenTrees.size === 0) this.#isDataDamaged = true
    const readable = [...this.#missing].filter(([index]) => !this.#brokenTrees.has(index.name))
    const strays = straysOf(this.#connection, readable)
    if (hasLostRows(strays)) this.#isDataDamaged = true
    const isIndexDamaged = this.#indexes.size + this.#damagedFts.size > 0
    if (whole.error && !isIndexDamaged) this.#isDataDamaged = true
    return {
      damage: this.#isDataDamaged ? 'data' : isIndexDamaged ? 'index' : 'none',
      indexes: [...this.#indexes],
      ftsTables: [...this.#damagedFts],
      brokenTrees: this.#brokenTrees,
      hasStrays: strays.length > 0 || this.#hasFtsMismatch,
      words: this.#words || (whole.error?.message ?? ''),
    }
  }

  #checkTable(table: Tree): void {
    const name = `'${table.name.replaceAll("'", "''")}'`
    const full = checkMessages(this.#connection, `main.integrity_check(${name})`)
    if (!full.error) {
      this.#noteAll(full.lines)
      return
    }
    const fts = this.#fts.find((one) => one.name === table.name)
    if (fts) {
      // SQLite could not read the settings of the full-text table.
      if (!isAboutPages(full.error)) this.#brokenTrees.add(`${fts.name}_config`)
      this.#noteFts(fts)
      return
    }
    // This check reads the rows, but does not use the indexes.
    const rows = checkMessages(this.#connection, `main.quick_check(${name})`)
    if (rows.error) this.#noteTree(table, rows.error.message)
    else if (rows.lines.some((line) => line !== 'ok')) this.#noteAll(rows.lines)
    else {
      for (const tree of this.#trees)
        if (tree.type === 'index' && tree.table === table.name) this.#noteTree(tree, full.error.message)
    }
  }

  #noteAll(lines: readonly string[]): void {
    for (const line of lines) this.#note(line)
  }

  #note(line: string): void {
    if (line === 'ok' || line === '' || line.startsWith('*** in database')) return
    this.#words ||= line
    const broken = this.#brokenTreeIn(line)
    const name = subjectIn(line, subjects.index)
    const index = this.#trees.find((tree) => tree.type === 'index' && tree.name === name)
    const fts = this.#fts.find((table) => isAbout(line, table))
    if (broken) this.#noteTree(broken, line)
    else if (/^Page \d+: never used$/.test(line)) this.#hasLostPages = true
    else if (subjects.root.test(line)) this.#isDataDamaged = true
    else if (index) {
      const isMissing = line.startsWith('row ') && line.includes(' missing from ')
      this.#missing.set(index, (this.#missing.get(index) ?? 0) + (isMissing ? 1 : 0))
      this.#noteIndex(index)
    } else if (fts) this.#noteMismatch(fts)
    else this.#isDataDamaged = true
  }

  /** The b-tree whose page or row is damaged. */
  #brokenTreeIn(line: string): Tree | undefined {
    const root = subjectIn(line, subjects.root)
    if (root !== undefined) return this.#trees.find((tree) => tree.root === Number(root))
    const page = subjectIn(line, subjects.page)
    if (page !== undefined) return this.#trees.find((tree) => hasPage(this.#connection, tree, Number(page)))
    const table = subjectIn(line, subjects.table)
    return this.#trees.find(({ name }) => name === table)
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

  #noteMismatch(table: FtsTable): void {
    // SQLite reports the same about an index that it cannot read.
    if (!table.indexTables.some((name) => this.#brokenTrees.has(name))) this.#hasFtsMismatch = true
    this.#noteFts(table)
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

/** Looks through the pages of a b-tree: sqlite.org/dbstat.html. Damage may prevent it. */
function hasPage(connection: Database, { name }: Tree, page: number): boolean {
  const sql = 'select 1 from dbstat where name = ? and pageno = ?'
  return attempt(() => connection.prepare(sql).get(name, page)) !== undefined
}

/** An index with entries that fit no row of its table. */
interface Stray {
  readonly index: Tree
  /** How many more entries than rows there are. Negative if there are fewer entries than rows. */
  readonly surplus: number
}

/**
 * The indexes that have entries which fit no row.
 *
 * @param missing the number of rows that each index lacks.
 */
function straysOf(connection: Database, missing: readonly [index: Tree, rows: number][]): Stray[] {
  const numberOf = (sql: string) => connection.prepare(sql).pluck().get() as number
  return missing.flatMap(([index, lacking]) => {
    const table = quoted(index.table)
    try {
      const rows = numberOf(`select count(*) from ${table} not indexed`)
      // For count(*), SQLite chooses the index itself.
      const entries = numberOf(`select total(1) from ${table} indexed by ${quoted(index.name)}`)
      const surplus = entries - rows
      return surplus + lacking > 0 ? { index, surplus } : []
    } catch (error) {
      if (isCorruption(error)) return []
      // SQLite cannot count a partial index this way, so its surplus is unknown.
      return { index, surplus: 0 }
    }
  })
}

/**
 * Whether a table has lost rows. One index with too many entries may be out of date. If two indexes of a table have the
 * same number of entries too many, the table has lost rows.
 */
function hasLostRows(strays: readonly Stray[]): boolean {
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
function findsLostRows(connection: Database, { name, indexTables, external }: FtsTable): boolean {
  if (!external || !indexTables.includes(`${name}_docsize`)) return false
  const table = quoted(external.table)
  const rowid = quoted(external.rowid)
  const sql = `select 1 from ${quoted(`${name}_docsize`)} as d
    where not exists (select 1 from ${table} as t where t.${rowid} = d.id) limit 1`
  // If it fails, the check before has found the damage, or the text is in a view, which has no rowid.
  return attempt(() => connection.prepare(sql).get()) !== undefined
}

/**
 * Finds out whether everything that is damaged in a database can be rebuilt from its rows. Only reads.
 *
 * The caller holds the lock.
 *
 * @throws better-sqlite3's SqliteError if the file cannot be read for a reason other than damage.
 */
export function findDamage(databasePath: string, connector = Connector.plain): Findings['damage'] {
  try {
    return withConnection(connector, databasePath, { readonly: true }, (connection) => {
      configureForExamining(connection, connector)
      return examine(connection).damage
    })
  } catch (error) {
    if (isCorruption(error)) return 'data'
    throw error
  }
}

/** Sets what sqlite.org/security.html recommends for a database file that cannot be trusted, unless the app trusts it. */
export function configureForExamining(connection: Database, { setup }: Connector): void {
  // An index on a function of the app can be checked only if the schema is trusted.
  connection.pragma(`trusted_schema = ${setup.trustedSchema ? 'ON' : 'OFF'}`)
  connection.pragma('cell_size_check = ON')
}

/**
 * Checks every page of a database, which takes about as long as reading the file.
 *
 * @throws better-sqlite3's SqliteError with code `SQLITE_CORRUPT` and SQLite's own words, if the database does not pass
 * `quick_check` (sqlite.org/pragma.html#pragma_quick_check).
 */
export function quickCheck(connection: Database): void {
  const { lines, error } = checkMessages(connection, 'main.quick_check(1)')
  const words = lines.join('\n') || error?.message
  if (words !== 'ok') throw corruption(String(words))
}

/**
 * Checks every page of a database, and every entry of its indexes.
 *
 * @throws better-sqlite3's SqliteError with code `SQLITE_CORRUPT` and SQLite's own words, if the database does not pass
 * `integrity_check` (sqlite.org/pragma.html#pragma_integrity_check), or if a full-text index has rows that its table does
 * not have.
 */
export function fullCheck(connection: Database): void {
  const { damage, words } = examine(connection)
  if (damage !== 'none') throw corruption(words)
}

/**
 * Counts the committed rows whose foreign keys point to no row, while another connection of this process has a
 * transaction open: in WAL mode a new connection does not read that transaction (sqlite.org/wal.html).
 *
 * @param fileId the file that the other connection has open.
 * @returns Infinity if the schema does not allow the check; 0 if a second connection cannot be opened.
 */
export function countForeignKeyFaults(
  databasePath: string,
  tables: readonly string[],
  fileId: string | undefined,
  connector = Connector.plain,
): number {
  let isOpen = false
  const beforeFirstRead = () => refuseOtherFile(databasePath, fileId)
  const options = { readonly: true, timeout: 0, beforeFirstRead }
  try {
    return withConnection(connector, databasePath, options, (connection) => {
      connection.prepare('select 1 from sqlite_master').get()
      isOpen = true
      const count = connection.prepare('select count(*) from pragma_foreign_key_check(?)').pluck()
      return tables.reduce((sum, table) => sum + (count.get(table) as number), 0)
    })
  } catch {
    // It cannot be opened, for example, with `locking_mode = exclusive`. A migration that leaves faults is then undone.
    return isOpen ? Infinity : 0
  }
}
