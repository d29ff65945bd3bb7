// Streams with invalid chunk sizes: `stream-sizes.mjs DIR MODE`. It prints the result of each size. It runs as a
// separate process because an endless loop would keep the test process from ending.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'

const [dir = '', mode] = process.argv.slice(2)
const built = resolve(import.meta.dirname, '../../../dist/main/sqlite/pool.js')
const { connect, release } = await import(pathToFileURL(built).href)
const { db } = await connect({ dir, mode })
await sql`create table note (id integer primary key)`.execute(db)
await sql`insert into note values (1), (2), (3)`.execute(db)

/** @typedef {import('kysely').Kysely<{ note: { id: number } }>} Db */

/** @type {Record<string, (work: (db: Db) => Promise<void>) => Promise<void>>} */
const places = {
  db: (work) => work(db),
  transaction: (work) => db.transaction().execute(work),
  snapshot: (work) => db.transaction().setAccessMode('read only').execute(work),
  connection: (work) => db.connection().execute(work),
}
for (const chunkSize of [0, -1, 1.5, Infinity, NaN]) {
  for (const [place, run] of Object.entries(places)) {
    try {
      await run(async (on) => {
        const stream = on.selectFrom('note').selectAll().stream({ chunkSize })
        const { value } = await stream.next()
        console.log(`${place} ${chunkSize}: row ${value?.id}`)
        await stream.return?.(undefined)
      })
    } catch (error) {
      console.log(`${place} ${chunkSize}: ${codeOf(error)}`)
    }
  }
}
await release(dir)

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : String(error)
}
