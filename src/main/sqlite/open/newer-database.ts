import type { Database } from 'better-sqlite3'
import { DatabaseNewerError } from '../errors/open-errors.ts'

// Kysely's own default, which a database of this package keeps: kysely-org.github.io/kysely-apidoc.
const migrationTable = 'kysely_migration'

/**
 * Refuses a database that knows migrations this app does not. Only reads, and without Kysely: the threads that open
 * connections start without it.
 *
 * @param known the names of the migrations that this app knows.
 * @throws {DatabaseNewerError} naming the others.
 */
export function refuseNewerDatabase(connection: Database, path: string, known: readonly string[]): void {
  const unknown = madeMigrations(connection).filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new DatabaseNewerError(path, unknown)
}

/** The names of the migrations that a database has gone through, in the order they were made. */
export function madeMigrations(connection: Database): string[] {
  const hasTable = connection
    .prepare("select 1 from sqlite_master where type = 'table' and name = ?")
    .get(migrationTable)
  if (!hasTable) return []
  const names = connection.prepare(`select name from ${migrationTable} order by timestamp, name`).pluck()
  return names.all() as string[]
}
