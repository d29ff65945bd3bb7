import type { DatabaseIntrospector, Kysely, SchemaMetadata, TableMetadata } from 'kysely'
import { DEFAULT_MIGRATION_LOCK_TABLE, DEFAULT_MIGRATION_TABLE } from 'kysely/migration'

/**
 * Finds the two tables in which Kysely's Migrator keeps its records. The Migrator needs no others. Kysely's own
 * introspector reads the columns of every table, and fails if one of them needs an extension that is not loaded.
 */
export class MigrationTables implements DatabaseIntrospector {
  readonly #db: Kysely<MasterSchema>

  constructor(db: Kysely<unknown>) {
    this.#db = db.withoutPlugins() as Kysely<MasterSchema>
  }

  async getSchemas(): Promise<SchemaMetadata[]> {
    return []
  }

  /** The tables, without their columns. */
  async getTables(): Promise<TableMetadata[]> {
    const tables = await this.#db
      .selectFrom('sqlite_master')
      .select('name')
      .where('type', '=', 'table')
      .where('name', 'in', [DEFAULT_MIGRATION_TABLE, DEFAULT_MIGRATION_LOCK_TABLE])
      .execute()
    return tables.map(({ name }) => ({ name, isView: false, isForeign: false, columns: [] }))
  }
}

interface MasterSchema {
  sqlite_master: { type: string; name: string }
}
