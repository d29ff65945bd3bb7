import type { Migrations } from '../../src/main/sqlite/migrations/migrations.ts'

export interface Schema {
  note: { body: string }
}

export const migrations: Migrations = {
  '001-note': {
    up: (db) => db.schema.createTable('note').addColumn('body', 'text').execute(),
  },
}
