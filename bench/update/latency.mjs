// @ts-check
// How long inserts take, one after the other, with and without a scheduled backup beside them:
// `latency.mjs API DIR MB`, run by Electron as Node. It prints two lines of JSON, in milliseconds.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'

const [, , api = '', dir = '', megabytes = '200'] = argv
/** @type {typeof import('../../src/main/node.ts')} */
const { connect } = await import(pathToFileURL(api).href)

const migrations = {
  '001-note': {
    /** @param {import('kysely').Kysely<unknown>} db */
    async up(db) {
      await sql`create table note (id integer primary key, body blob)`.execute(db)
      await sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < ${Number(megabytes) * 250})
        insert into note select i, randomblob(3500) from n`.execute(db)
    },
  },
}

const backups = () => {
  try {
    return readdirSync(join(dir, 'app.backups'))
  } catch {
    return []
  }
}

/**
 * @param {import('kysely').Kysely<unknown>} db
 * @param {() => boolean} goesOn
 */
async function insertWhile(db, goesOn) {
  /** @type {number[]} */
  const times = []
  while (goesOn()) {
    const start = performance.now()
    await sql`insert into note (body) values (${'x'.repeat(100)})`.execute(db)
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  const at = (/** @type {number} */ part) => Number(times[Math.floor(part * (times.length - 1))]?.toFixed(2))
  return { inserts: times.length, p50: at(0.5), p99: at(0.99), longest: at(1) }
}

const plain = await connect({ dir, migrations })
const end = performance.now() + 5_000
console.log(JSON.stringify(await insertWhile(plain.db, () => performance.now() < end)))
await plain.close()
const pool = await connect({ dir, migrations, backupEvery: 86_400_000 })
while (backups().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
const isUnderWay = () => backups().some((name) => name.includes('partial'))
console.log(JSON.stringify(await insertWhile(pool.db, isUnderWay)))
await pool.close()
