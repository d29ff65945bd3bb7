import SqliteDatabase, { type Database } from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { DatabaseOpenError, NotADatabaseError } from './errors.ts'
import { type Migrations, migrate, refuseNewerDatabase } from './migrations.ts'
import { applyPragmas } from './pragmas.ts'

export interface OpenDatabase<Schema> {
  readonly db: Kysely<Schema>
  /** From now on every write fails with `SQLITE_READONLY`; reads go on. */
  refuseWrites(): void
}

/**
 * Opens a database (created where missing), checks it, sets its pragmas and migrates it. Until the checks have
 * passed nothing is written.
 *
 * The caller holds the data directory's lock, or chose to go without.
 *
 * @throws {NotADatabaseError} {DatabaseNewerError} {MigrationFailedError} {DatabaseOpenError}; the connection is
 * closed then.
 */
export async function openDatabase<Schema>(
  path: string,
  migrations: Migrations,
): Promise<OpenDatabase<Schema>> {
  const connection = connect(path)
  try {
    refuseNewerDatabase(connection, path, migrations)
    applyPragmas(connection)
  } catch (error) {
    connection.close()
    throw explained(error, path)
  }
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: connection }) })
  try {
    await migrate(db, path, migrations)
    return { db, refuseWrites: () => refuseWrites(connection) }
  } catch (error) {
    await db.destroy()
    throw error
  }
}

/** SQLite itself refuses them then: sqlite.org/pragma.html#pragma_query_only. */
function refuseWrites(connection: Database): void {
  if (connection.open) connection.pragma('query_only = ON')
}

function connect(path: string): Database {
  try {
    return new SqliteDatabase(path)
  } catch (error) {
    throw new DatabaseOpenError(path, error as Error)
  }
}

/** SQLite opens anything; only the first read tells whether it is a database, the first write whether it can. */
function explained(error: unknown, path: string): unknown {
  if (!(error instanceof SqliteDatabase.SqliteError)) return error
  const isDamage = error.code === 'SQLITE_NOTADB' || error.code.startsWith('SQLITE_CORRUPT')
  return isDamage ? new NotADatabaseError(path, error) : new DatabaseOpenError(path, error)
}
