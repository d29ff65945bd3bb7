// A process that writes and moves its log into the database all the time, for tests that kill it: `checkpointing.mjs
// DIR`. It prints `open`, and then the number of each row that is committed.
import { writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [dir = ''] = process.argv.slice(2)
const built = resolve(import.meta.dirname, '../../../dist/main/sqlite/pool.js')
const { connect } = await import(pathToFileURL(built).href)
const { sql } = await import('kysely')

const { db } = await connect({ dir, readers: 1 })
await sql`create table if not exists line (id integer primary key, text text)`.execute(db)
writeSync(1, 'open\n')
for (let n = 0; ; n++) {
  // Every row changes pages all over the file.
  const { insertId } = await sql`insert into line (text) values (hex(randomblob(3000)))`.execute(db)
  writeSync(1, `${insertId}\n`)
  await sql`update line set text = hex(randomblob(3000)) where id % 7 = ${n % 7} and id > ${Number(insertId) - 300}`.execute(
    db,
  )
  if (n % 3 === 0) await sql.raw(`pragma wal_checkpoint(${n % 2 ? 'passive' : 'truncate'})`).execute(db)
}
