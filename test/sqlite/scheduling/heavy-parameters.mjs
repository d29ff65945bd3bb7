// Binds about 600 MB of text in one tick: `heavy-parameters.mjs DIR MODE`. It prints the lengths that the database
// received. It runs as a separate process because it may run out of memory.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'

const [dir = '', mode] = process.argv.slice(2)
const built = resolve(import.meta.dirname, '../../../dist/main/sqlite/pool.js')
const { connect, release } = await import(pathToFileURL(built).href)
const { db } = await connect({ dir, mode })
await sql`create table length (characters integer)`.execute(db)
const text = 'x'.repeat(20_000_000)
await Promise.all(
  Array.from({ length: 30 }, () => sql`insert into length values (length(${text}))`.execute(db)),
)
const { rows } = await sql`select count(*) as count, sum(characters) as sum from length`.execute(db)
console.log(JSON.stringify(rows))
await release(dir)
