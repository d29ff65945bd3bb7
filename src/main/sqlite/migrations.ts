import type { Database } from 'better-sqlite3'
import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { DatabaseNewerError, MigrationFailedError } from './errors.ts'

/**
 * The migrations of an app, by name. Kysely runs them in the order of their names, compared as strings, so names
 * begin with a number of fixed width: `001-notes`, `002-search`.
 */
export type Migrations = Readonly<Record<string, Migration>>

// Kysely's own default, which a database of this package keeps: kysely-org.github.io/kysely-apidoc.
const migrationTable = 'kysely_migration'

/**
 * Refuses a database that knows migrations this app does not. Only reads.
 *
 * @throws {DatabaseNewerError} naming them.
 */
export function refuseNewerDatabase(connection: Database, path: string, migrations: Migrations): void {
  const hasTable = connection
    .prepare("select 1 from sqlite_master where type = 'table' and name = ?")
    .get(migrationTable)
  if (!hasTable) return
  const made = connection.prepare(`select name from ${migrationTable} order by timestamp, name`).pluck().all()
  const unknown = (made as string[]).filter((name) => !Object.hasOwn(migrations, name))
  if (unknown.length > 0) throw new DatabaseNewerError(path, unknown)
}

/**
 * Brings a database up to date.
 *
 * @throws {MigrationFailedError} naming the first migration that threw. Kysely runs all pending ones in one
 * transaction on SQLite only where its adapter says so; the SQLite adapter does not, so an earlier one stays.
 */
export async function migrate<Schema>(
  db: Kysely<Schema>,
  path: string,
  migrations: Migrations,
): Promise<void> {
  const provider = { getMigrations: async () => ({ ...migrations }) }
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest()
  if (error === undefined) return
  const failed = results?.find((result) => result.status === 'Error')
  throw new MigrationFailedError(path, failed?.migrationName, error)
}
