// @ts-check
import { sql } from 'kysely'

/** @typedef {{ row: { group_id: string, group_size: number, text: string } }} Schema */

/** @type {import('../src/main/sqlite/migrations/migrations.ts').Migrations} */
export const migrations = {
  '001-row': {
    up: async (db) => {
      await sql`create table row (id integer primary key, group_id text not null, group_size integer not null, text text not null)`.execute(
        db,
      )
      await sql`create index row_group on row (group_id)`.execute(db)
    },
  },
}
