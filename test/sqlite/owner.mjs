// A process that owns a data directory, for tests that kill it: `owner.mjs DIR MODE OPTIONS`. Each line of its input is a
// statement, or a JSON array of statements for one connection. It prints `open`, and then a JSON array of rows for each line.
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const [dir = '', mode = 'threads', more = '{}'] = process.argv.slice(2)
const built = resolve(import.meta.dirname, '../../dist/main/sqlite/pool.js')
const { connect } = await import(pathToFileURL(built).href)
const { sql } = await import('kysely')

const { db } = await connect({ dir, mode, readers: 1, ...JSON.parse(more) })
console.log('open')
for await (const line of createInterface({ input: process.stdin })) {
  const statements = line.startsWith('[') ? JSON.parse(line) : undefined
  const { rows } = statements ? await runTogether(statements) : await sql.raw(line).execute(db)
  console.log(JSON.stringify(rows))
}

/** @param {string[]} statements */
function runTogether(statements) {
  return db.connection().execute(async (/** @type {import('kysely').Kysely<unknown>} */ connection) => {
    for (const statement of statements) await sql.raw(statement).execute(connection)
    return { rows: [] }
  })
}
