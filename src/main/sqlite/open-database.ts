import SqliteDatabase, { type Database } from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { DatabaseOpenError, NotADatabaseError } from './errors.ts'
import { type Migrations, migrate, refuseNewerDatabase } from './migrations.ts'
import { applyPragmas } from './pragmas.ts'

/**
 * Opens a database (created where missing), checks it, sets its pragmas and migrates it. Until the checks have
 * passed nothing is written.
 *
 * The caller holds the data directory's lock, or chose to go without.
 *
 * @throws {NotADatabaseError} {DatabaseNewerError} {MigrationFailedError} {DatabaseOpenError}; the connection is
 * closed then.
 */
export async function openDatabase<Schema>(path: string, migrations: Migrations): Promise<Kysely<Schema>> {
  const connection = connect(path)
  try {
    check(connection, path)
    refuseNewerDatabase(connection, path, migrations)
    applyPragmas(connection)
  } catch (error) {
    connection.close()
    throw error
  }
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: connection }) })
  try {
    await migrate(db, path, migrations)
    return db
  } catch (error) {
    await db.destroy()
    throw error
  }
}

function connect(path: string): Database {
  try {
    return new SqliteDatabase(path)
  } catch (error) {
    throw new DatabaseOpenError(path, error as Error)
  }
}

/** SQLite opens anything; only the first read tells whether it is a database. */
function check(connection: Database, path: string): void {
  try {
    connection.pragma('schema_version')
  } catch (error) {
    if (isDamage(error)) throw new NotADatabaseError(path, error)
    throw new DatabaseOpenError(path, error as Error)
  }
}

function isDamage(error: unknown): boolean {
  const code = error instanceof SqliteDatabase.SqliteError ? error.code : ''
  return code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')
}
