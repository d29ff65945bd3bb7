import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  openSync,
  renameSync,
  statSync,
} from 'node:fs'
import type { Database } from 'better-sqlite3'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'
import { randomHex } from '../../runtime/random-hex.ts'
import { removePartialBackups } from '../backup/backup-folder.ts'
import { examine, type Findings } from '../damage/examine-damage.ts'
import { quoted, type Tree, treesOf } from '../damage/rebuildable.ts'
import { configureForExamining } from '../damage/sort-damage.ts'
import { corruption } from '../errors/corruption.ts'
import { removePartialBackup } from '../files/backup-names.ts'
import { syncFile, syncFolderOf } from '../files/sync-file.ts'
import { setDatabaseAside, setRecordAside } from './damaged-aside.ts'
import { rebuildUntilSound, runRebuild } from './rebuild-in-place.ts'

/**
 * Rebuilds indexes whose pages are damaged, in a copy that takes the place of the database at the end. It needs free
 * space for the copy and for the rebuilt database.
 *
 * @throws as {@link rebuildIndexes} does; the database is in its place then.
 */
export function rebuildInCopy(databasePath: string, findings: Findings, now: Date): void {
  removePartialBackups(databasePath)
  const copy = partialOf(databasePath)
  const rebuilt = partialOf(databasePath)
  try {
    copyDatabase(databasePath, copy)
    withConnection(copy, (connection) => giveEmptyTrees(connection, findings))
    withConnection(copy, (connection) => {
      restoreFtsVersions(connection, findings)
      runRebuild(connection, findings)
      createFileLike(databasePath, rebuilt)
      // The old trees are still in the copy, as pages that belong to nothing.
      connection.prepare('vacuum into ?').run(rebuilt)
    })
    withConnection(rebuilt, (connection) => {
      if (!rebuildUntilSound(connection, examine(connection))) throw corruption(findings.words)
    })
    syncFile(rebuilt)
    setDatabaseAside(databasePath, now)
    renameSync(rebuilt, databasePath)
    setRecordAside(databasePath, now)
    syncFolderOf(databasePath)
  } finally {
    removePartialBackup(copy)
    removePartialBackup(rebuilt)
  }
}

function partialOf(databasePath: string): string {
  return `${databasePath}.partial-${randomHex(4)}`
}

function copyDatabase(databasePath: string, copy: string): void {
  copyFileSync(databasePath, copy, constants.COPYFILE_FICLONE)
  if (existsSync(`${databasePath}-wal`))
    copyFileSync(`${databasePath}-wal`, `${copy}-wal`, constants.COPYFILE_FICLONE)
}

function withConnection(path: string, work: (connection: Database) => void): void {
  const connection = new (betterSqlite3())(path, { fileMustExist: true })
  try {
    configureForExamining(connection)
    // Nobody needs the file if the work is not finished.
    connection.pragma('synchronous = OFF')
    work(connection)
  } finally {
    connection.close()
  }
}

function createFileLike(model: string, path: string): void {
  const { mode } = statSync(model)
  closeSync(openSync(path, 'wx', 0o600))
  chmodSync(path, mode & 0o777)
}

/**
 * Gives every damaged index an empty b-tree, as creating it would. SQLite cannot empty or drop a b-tree with a damaged
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

/** Lets the schema point to the root of a new, empty b-tree. The old one stays in the file, and belongs to nothing. */
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
