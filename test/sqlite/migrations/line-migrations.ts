import { type Kysely, sql } from 'kysely'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'

/** A table with about 10 MB of rows, which no filesystem compresses. */
export const version1: Migrations = {
  '001-line': {
    async up(db: Kysely<unknown>) {
      await sql`create table line (text text)`.execute(db)
      await sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < 2500)
        insert into line select hex(randomblob(2000)) from n`.execute(db)
    },
  },
}

/** The same, and one more column. */
export const version2: Migrations = {
  ...version1,
  '002-column': { up: (db) => sql`alter table line add column n integer`.execute(db) as never },
}
