import SqliteDatabase, { type Database } from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { onTestFinished } from 'vitest'
import { TransactionalSqliteAdapter } from '../../src/main/sqlite/kysely/dialect.ts'
import { applyWriterPragmas } from '../../src/main/sqlite/open/pragmas.ts'

class PlainDialect extends SqliteDialect {
  override createAdapter(): TransactionalSqliteAdapter {
    return new TransactionalSqliteAdapter()
  }
}

/** A database opened as the pool does, on this thread and without a lock; closed when the test ends. */
export function openPlainDatabase<Schema>(path: string): { connection: Database; db: Kysely<Schema> } {
  const connection = new SqliteDatabase(path)
  applyWriterPragmas(connection, false)
  // Nothing makes its waits longer, as the pool does.
  connection.pragma('busy_timeout = 30000')
  onTestFinished(() => void connection.close())
  return { connection, db: new Kysely<Schema>({ dialect: new PlainDialect({ database: connection }) }) }
}

/** Everything that is in a database, as text: its schema in the order it was made, and every row by its rowid. */
export function dump(connection: Database): string {
  const objects = connection
    .prepare(
      "select type, name, tbl_name, sql from sqlite_master where name not like 'sqlite_%' order by rowid",
    )
    .all() as { type: string; name: string }[]
  const rows = objects
    .filter(({ type }) => type === 'table')
    .map(({ name }) => [name, connection.prepare(`select * from "${name}"`).raw().all()])
  return JSON.stringify({ objects, rows, version: connection.pragma('user_version') }, undefined, 1)
}
