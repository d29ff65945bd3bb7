import { type Kysely, sql } from 'kysely'
import type { Migrations } from '../../src/main/sqlite/migrations/migrations.ts'

export interface LineSchema {
  line: { id: number; text: string }
}

/** A table with 10 MB of rows. */
export const lineMigrations: Migrations = {
  '001-line': {
    async up(db: Kysely<unknown>) {
      await sql`create table line (id integer primary key, text text not null)`.execute(db)
      await sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < 5000)
        insert into line select i, hex(zeroblob(1000)) from n`.execute(db)
    },
  },
}
