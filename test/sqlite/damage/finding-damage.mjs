// A process for tests that is killed when it has found damage: `finding-damage.mjs DIR SQL`.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [dir = '', text = ''] = process.argv.slice(2)
const built = resolve(import.meta.dirname, '../../../dist/main/sqlite/pool.js')
const { connect } = await import(pathToFileURL(built).href)
const { sql } = await import('kysely')

const migrations = { '001-note': { up: async () => undefined } }
const { db } = await connect({ dir, migrations })
try {
  await sql.raw(text).execute(db)
} catch {
  process.kill(process.pid, 'SIGKILL')
}
