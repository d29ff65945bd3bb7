// @ts-check
// Writes through a pool until it is killed: `writer.mjs BUILT DIR ROUND HONESTY`. Each line it prints is a group of
// rows it was told are committed. A pipe is the kernel's: what was written to it is there however the writer ends.
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { migrations } from './schema.mjs'

/** @typedef {import('./schema.mjs').Schema} Schema */
/** @typedef {(db: import('kysely').Kysely<Schema>, pool: import('../src/main/sqlite/pool.ts').Pool<Schema>, rows: Schema['row'][]) => Promise<unknown>} Way */

const [built = '', dir = '', round = '', honesty = ''] = process.argv.slice(2)

/** How a group of rows is written. @type {Record<string, Way>} */
const ways = {
  one: async (db, _pool, rows) => {
    for (const row of rows.slice(0, 1))
      await db
        .insertInto('row')
        .values({ ...row, group_size: 1 })
        .execute()
  },
  transaction: (db, _pool, rows) =>
    db.transaction().execute(async (trx) => {
      for (const row of rows) await trx.insertInto('row').values(row).execute()
    }),
  batch: (db, pool, rows) => pool.batch(rows.map((row) => db.insertInto('row').values(row))),
}

/** @param {string} line */
function say(line) {
  writeSync(1, `${line}\n`)
}

async function write() {
  const { connect } = /** @type {typeof import('../src/main/sqlite/pool.ts')} */ (
    await import(pathToFileURL(join(built, 'sqlite', 'pool.js')).href)
  )
  const pool = /** @type {import('../src/main/sqlite/pool.ts').Pool<Schema>} */ (
    await connect({ dir, migrations })
  )
  say('open')
  await Promise.all(Object.entries(ways).map(([name, way]) => keepWriting(pool, name, way)))
}

/**
 * @param {import('../src/main/sqlite/pool.ts').Pool<Schema>} pool
 * @param {string} name
 * @param {Way} way
 */
async function keepWriting(pool, name, way) {
  for (let count = 0; ; count++) {
    const id = `${round}-${name}-${count}`
    const size = name === 'one' ? 1 : 2 + (count % 4)
    // Large ones among them, so that the log is carried over into the database again and again.
    const text = 'x'.repeat(count % 10 === 0 ? 60_000 : 200)
    const rows = Array.from({ length: size }, () => ({ group_id: id, group_size: size, text }))
    // What the driver checks itself with: the one that says so before it is true.
    if (honesty === 'lying' && count === 3) {
      say(id)
      process.kill(process.pid, 'SIGKILL')
    }
    await way(pool.db, pool, rows)
    say(id)
  }
}

await write()
