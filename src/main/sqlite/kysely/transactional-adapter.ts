import { SqliteAdapter } from 'kysely'

/**
 * Kysely's adapter for SQLite, saying what is true of SQLite: a transaction covers the schema too
 * (sqlite.org/lang_transaction.html). Kysely's own says no, and its Migrator then uses no transaction.
 */
export class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}
