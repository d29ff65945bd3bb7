import { closeSync, openSync, writeSync } from 'node:fs'
import SqliteDatabase, { type Database } from 'better-sqlite3'

const pageSize = 4096

/** Which pages of a b-tree: its first page, one page without children, or every page. */
export type WhichPages = 'root' | 'leaf' | 'all'

/** Writes rubbish over pages of a table or an index, in the file of a database that is not open. */
export function overwritePages(path: string, name: string, which: WhichPages): void {
  const pages = pagesOf(path, name)
  const leaves = pages.filter(({ pagetype }) => pagetype === 'leaf')
  const one = which === 'root' ? pages[0] : leaves[Math.floor(leaves.length / 2)]
  const damaged = which === 'all' ? pages : one ? [one] : []
  if (damaged.length === 0) throw new Error(`${name} has no such pages`)
  const file = openSync(path, 'r+')
  for (const { pageno } of damaged)
    writeSync(file, Buffer.alloc(pageSize, 0x5a), 0, pageSize, (pageno - 1) * pageSize)
  closeSync(file)
}

function pagesOf(path: string, name: string): { pageno: number; pagetype: string }[] {
  return withPlainConnection(path, (connection) =>
    connection.prepare('select pageno, pagetype from dbstat where name = ? order by path').all(name),
  ) as { pageno: number; pagetype: string }[]
}

/** Runs statements while some indexes are hidden from SQLite, which does not keep them up to date then. */
export function runWithoutIndexes(path: string, hidden: readonly string[], sql: string): void {
  const rows = editSchema(path, (connection) => {
    const schema = connection.prepare('select * from sqlite_schema').all() as { name: string }[]
    for (const name of hidden) connection.prepare('delete from sqlite_schema where name = ?').run(name)
    return schema.filter(({ name }) => hidden.includes(name))
  })
  withPlainConnection(path, (connection) => connection.exec(sql))
  editSchema(path, (connection) => {
    const insert = connection.prepare(
      'insert into sqlite_schema values (@type, @name, @tbl_name, @rootpage, @sql)',
    )
    for (const row of rows) insert.run(row)
  })
}

function editSchema<Result>(path: string, edit: (connection: Database) => Result): Result {
  return withPlainConnection(path, (connection) => {
    connection.unsafeMode(true)
    connection.pragma('writable_schema = on')
    return edit(connection)
  })
}

export function withPlainConnection<Result>(path: string, work: (connection: Database) => Result): Result {
  const connection = new SqliteDatabase(path)
  try {
    return work(connection)
  } finally {
    connection.close()
  }
}
