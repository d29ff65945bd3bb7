// A process that owns a data directory, for tests that kill it: `owner.mjs DIR MODE`. Each line of its input is a
// statement. It prints `open`, and then a JSON array of rows for each statement.
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const [dir = '', mode = 'threads'] = process.argv.slice(2)
const built = resolve(import.meta.dirname, '../../dist/main/sqlite/pool.js')
const { connect } = await import(pathToFileURL(built).href)
const { sql } = await import('kysely')

const { db } = await connect({ dir, mode, readers: 1 })
console.log('open')
for await (const line of createInterface({ input: process.stdin })) {
  const { rows } = await sql.raw(line).execute(db)
  console.log(JSON.stringify(rows))
}
