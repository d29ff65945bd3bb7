import { chmodSync, constants, copyFileSync, existsSync, statSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { createFile } from '../../directory/file-mode.ts'
import { isSqliteError } from '../../runtime/better-sqlite3.ts'
import { randomHex } from '../../runtime/random-hex.ts'
import { removePartialBackups } from '../backup/backup-folder.ts'
import { quoted, type Tree, treesOf } from '../damage/btrees.ts'
import { configureForExamining, examine, type Findings } from '../damage/find-damage.ts'
import { corruption, isCorruption } from '../errors/causes.ts'
import { newPartialPath, removePartialBackup } from '../files/backup-files.ts'
import { removeCheckMark } from '../files/check-mark.ts'
import { Connector } from '../open/connector.ts'
import { withConnection } from '../open/with-connection.ts'
import { replaceDatabase } from './set-aside.ts'

/**
 * Rebuilds the damaged indexes of a database from its rows: with `reindex` (sqlite.org/lang_reindex.html), and with
 * `rebuild` for full-text tables (sqlite.org/fts5.html#the_rebuild_command). The database is checked again before anything
 * is committed.
 *
 * `reindex` and `rebuild` empty the old index first, and fail if its pages are damaged. They then run in a copy that
 * replaces the database. The database is set aside as `NAME.db.damaged-TIME`. The same happens if an index contradicts the
 * rows, because the index may be right.
 *
 * The caller holds the lock and has no connection to the database.
 *
 * @throws better-sqlite3's SqliteError. Its code is `SQLITE_CORRUPT` if more than indexes is damaged. The database is
 * unchanged then.
 * @throws Node's error of a filesystem that is full or cannot be written. The database is in its place then.
 */
export function rebuildIndexes(databasePath: string, connector = Connector.plain): void {
  const findings = rebuildInPlace(databasePath, connector)
  if (findings) rebuildInCopy(databasePath, findings, connector)
  removeCheckMark(databasePath)
}

/**
 * Rebuilds indexes in one transaction.
 *
 * @returns what is damaged, if it was not rebuilt in place; the database is unchanged then.
 * @throws better-sqlite3's SqliteError: its code is `SQLITE_CORRUPT` if more than indexes is damaged.
 */
function rebuildInPlace(databasePath: string, connector: Connector): Findings | undefined {
  return withConnection(connector, databasePath, {}, (connection) => {
    configureForExamining(connection, connector)
    const findings = examine(connection)
    if (findings.damage === 'none') return undefined
    if (findings.damage === 'data') throw corruption(findings.words)
    // An index that contradicts the rows may be right, so the file is kept.
    return findings.hasStrays || !tryInTransaction(connection, findings) ? findings : undefined
  })
}

function tryInTransaction(connection: Database, findings: Findings): boolean {
  connection.exec('begin immediate')
  try {
    const isSound = rebuildUntilSound(connection, findings)
    connection.exec(isSound ? 'commit' : 'rollback')
    return isSound
  } catch (error) {
    if (connection.inTransaction) connection.exec('rollback')
    if (isCorruption(error)) return false
    throw error
  }
}

/**
 * @returns false if indexes are still damaged.
 * @throws better-sqlite3's SqliteError with code `SQLITE_CORRUPT` if the rows contradict a unique index.
 */
function rebuildUntilSound(connection: Database, findings: Findings): boolean {
  let damaged = findings
  // SQLite may read the rows of a full-text table from an index, so damage to the first appears when the second is sound.
  for (let round = 0; round < 3 && damaged.damage === 'index'; round++) {
    runRebuild(connection, damaged)
    damaged = examine(connection)
  }
  return damaged.damage === 'none'
}

/** @throws as {@link rebuildUntilSound} does. */
function runRebuild(connection: Database, { indexes, ftsTables }: Findings): void {
  try {
    for (const { name } of indexes) connection.exec(`reindex ${quoted(name)}`)
    for (const table of ftsTables) {
      const name = quoted(table.name)
      connection.exec(`insert into ${name} (${name}) values ('rebuild')`)
    }
  } catch (error) {
    if (isSqliteError(error) && error.code.startsWith('SQLITE_CONSTRAINT')) throw corruption(error.message)
    throw error
  }
}

/**
 * Rebuilds indexes whose pages are damaged, in a copy that replaces the database at the end. It needs free space for the
 * copy and for the rebuilt database.
 *
 * @throws as {@link rebuildIndexes} does; the database is in its place then.
 */
function rebuildInCopy(databasePath: string, findings: Findings, connector: Connector): void {
  removePartialBackups(databasePath)
  const copy = newPartialPath(databasePath)
  const rebuilt = newPartialPath(databasePath)
  try {
    copyFileSync(databasePath, copy, constants.COPYFILE_FICLONE)
    if (existsSync(`${databasePath}-wal`))
      copyFileSync(`${databasePath}-wal`, `${copy}-wal`, constants.COPYFILE_FICLONE)
    changeCopy(connector, copy, (connection) => giveEmptyTrees(connection, findings))
    changeCopy(connector, copy, (connection) => {
      restoreFtsVersions(connection, findings)
      runRebuild(connection, findings)
      createFile(rebuilt, undefined)
      chmodSync(rebuilt, statSync(databasePath).mode & 0o777)
      // The copy still has the pages of the old trees, which belong to nothing.
      connection.prepare('vacuum into ?').run(rebuilt)
    })
    changeCopy(connector, rebuilt, (connection) => {
      if (!rebuildUntilSound(connection, examine(connection))) throw corruption(findings.words)
    })
    replaceDatabase(databasePath, rebuilt, new Date(), { isEncrypted: connector.hasKey })
  } finally {
    removePartialBackup(copy)
    removePartialBackup(rebuilt)
  }
}

function changeCopy(connector: Connector, path: string, work: (connection: Database) => void): void {
  withConnection(connector, path, {}, (connection) => {
    configureForExamining(connection, connector)
    // If the work is not finished, the file is removed.
    connection.pragma('synchronous = OFF')
    work(connection)
  })
}

/**
 * Gives every damaged index an empty b-tree, as when the index is created. SQLite cannot empty or drop a b-tree with a damaged
 * page, because it would have to follow its pages.
 */
function giveEmptyTrees(connection: Database, { indexes, ftsTables, brokenTrees }: Findings): void {
  const trees = treesOf(connection)
  const names = new Set(indexes.map(({ name }) => name))
  for (const { indexTables } of ftsTables) {
    for (const tree of trees.filter(({ table }) => indexTables.includes(table))) {
      // The settings of the full-text table are kept if they can be read.
      if (!tree.name.endsWith('_config') || brokenTrees.has(tree.name)) names.add(tree.name)
    }
  }
  connection.unsafeMode(true)
  connection.pragma('writable_schema = ON')
  for (const tree of trees.filter(({ name }) => names.has(name))) giveEmptyTree(connection, tree)
}

/** Points the schema to the root of a new, empty b-tree. The old one stays in the file, unused. */
function giveEmptyTree(connection: Database, { type, name, sql }: Tree): void {
  const donor = `electron-datadir ${randomHex(8)}`
  // A table without rowids is stored as an index.
  const isIndex = type === 'index' || /\bwithout\s+rowid\b[^)]*$/i.test(sql)
  connection.exec(`create table ${quoted(donor)} (a integer primary key) ${isIndex ? 'without rowid' : ''}`)
  const root = connection.prepare("select rootpage from sqlite_schema where type = 'table' and name = ?")
  connection
    .prepare('update sqlite_schema set rootpage = ? where type = ? and name = ?')
    .run(root.pluck().get(donor), type, name)
  connection.prepare('delete from sqlite_schema where tbl_name = ?').run(donor)
}

/** FTS5 opens a table only if its settings name the version of its format: 4 is that of a new index. */
function restoreFtsVersions(connection: Database, { ftsTables, brokenTrees }: Findings): void {
  connection.unsafeMode(true)
  for (const { name } of ftsTables) {
    const config = `${name}_config`
    if (brokenTrees.has(config)) connection.exec(`insert into ${quoted(config)} (k, v) values ('version', 4)`)
  }
  connection.unsafeMode(false)
}
