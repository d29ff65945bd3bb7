// @ts-check
// The process that is measured: `child.mjs make API DIR GB` fills a database, `child.mjs update API DIR COUNT` opens it
// with so many new migrations and prints one line of JSON. API is the package's main/node.js.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'
import SqliteDatabase from 'better-sqlite3'
import { sql } from 'kysely'

const [, , command, api = '', dir = '', size = ''] = argv
/** @type {typeof import('../../src/main/node.ts')} */
const { connect } = await import(pathToFileURL(api).href)

/** @param {string} text */
const statement = (text) => ({
  /** @param {import('kysely').Kysely<unknown>} db */
  async up(db) {
    await sql.raw(text).execute(db)
  },
})

const first = {
  '001-notes': {
    /** @param {import('kysely').Kysely<unknown>} db */
    async up(db) {
      await sql`create table author (id integer primary key, name text)`.execute(db)
      await sql`create table note (id integer primary key, author_id integer references author (id), body blob)`.execute(
        db,
      )
      await sql`insert into author values (1, 'Ada')`.execute(db)
    },
  },
}
// The last one changes a row of the large table, so that its foreign keys are checked.
const further = [
  'alter table note add column title text',
  'create table tag (id integer primary key, name text)',
  'create table note_tag (note_id integer references note (id), tag_id integer references tag (id))',
  "insert into tag values (1, 'new')",
  'update note set author_id = 1 where id = 1',
]

/** @returns {Promise<void>} */
async function make() {
  await (await connect({ dir, name: 'app', migrations: first })).close()
  const database = new SqliteDatabase(join(dir, 'app.db'))
  database.pragma('synchronous = off')
  const insert = database.prepare('insert into note (author_id, body) values (1, randomblob(3500))')
  const rows = Math.round((Number(size) * 1e9) / 4096)
  for (let done = 0; done < rows; done += 50_000) {
    database.transaction(() => {
      for (let row = 0; row < Math.min(50_000, rows - done); row++) insert.run()
    })()
  }
  database.close()
}

/** @returns {Record<string, number>} what this process has read and written so far: man 5 proc_pid_io */
function io() {
  const lines = readFileSync('/proc/self/io', 'utf8').trim().split('\n')
  return Object.fromEntries(lines.map((line) => line.split(': ')).map(([name, n]) => [name, Number(n)]))
}

/** @returns {Promise<void>} */
async function update() {
  const added = Object.fromEntries(
    further.slice(-Number(size)).map((text, n) => [`00${n + 2}`, statement(text)]),
  )
  const before = io()
  const start = performance.now()
  /** @type {number | undefined} */
  let firstProgress
  const pool = await connect({
    dir,
    migrations: { ...first, ...added },
    onMigrationProgress() {
      firstProgress ??= performance.now() - start
    },
  })
  const total = performance.now() - start
  const after = io()
  const counted = ['rchar', 'wchar', 'read_bytes', 'write_bytes'].map((name) => [
    name,
    (after[name] ?? 0) - (before[name] ?? 0),
  ])
  console.log(JSON.stringify({ firstProgress, total, ...Object.fromEntries(counted) }))
  await pool.close()
}

await (command === 'make' ? make() : update())
