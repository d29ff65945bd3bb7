// A process that opens a data directory, for tests that kill it in a migration: `migrating.mjs DIR VERSION`. Version 1
// makes a table, version 2 changes it in three slow migrations. It prints each migration as it begins, then `open`.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [dir = '', version] = process.argv.slice(2)
const built = resolve(import.meta.dirname, '../../../dist/main/sqlite/pool.js')
const { connect } = await import(pathToFileURL(built).href)
const { sql } = await import('kysely')

/** @typedef {import('kysely').Kysely<unknown>} Db */

const migrations = {
  '001-line': {
    /** @param {Db} db */
    async up(db) {
      await sql`create table line (id integer primary key, text text not null)`.execute(db)
      await sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < 3000)
        insert into line select i, 'first ' || i || hex(zeroblob(500)) from n`.execute(db)
    },
  },
  ...(version === '2' && {
    '002-upper': { up: slowly((part) => sql`update line set text = upper(text) where id % 30 = ${part}`) },
    '003-number': {
      /** @param {Db} db */
      async up(db) {
        await sql`alter table line add column number integer`.execute(db)
        await slowly((part) => sql`update line set number = id where id % 30 = ${part}`)(db)
      },
    },
    '004-half': { up: slowly((part) => sql`delete from line where id % 30 = ${part} and id % 2 = 0`) },
  }),
}

/** @param {(part: number) => import('kysely').RawBuilder<unknown>} statement one of thirty */
function slowly(statement) {
  /** @param {Db} db */
  return async (db) => {
    for (let part = 0; part < 30; part++) await statement(part).execute(db)
  }
}

await connect({
  dir,
  migrations,
  /** @param {{ migration: string }} progress */
  onMigrationProgress: ({ migration }) => console.log(migration),
})
console.log('open')
setInterval(() => undefined, 1000)
