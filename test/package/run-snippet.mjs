// @ts-nocheck: it runs in a project that has installed the package.
// Runs one snippet of the docs, with what it takes for granted: run-snippet.mjs FILE, SNIPPET_DIR in the environment.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, env } from 'node:process'
import { pathToFileURL } from 'node:url'
import * as node from 'electron-datadir/node'
import * as testing from 'electron-datadir/testing'

const [, , file] = argv
const dir = join(env.SNIPPET_DIR, 'data')
const migrations = {
  '001-notes': {
    up: (db) =>
      db.schema
        .createTable('note')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('text', 'text')
        .execute(),
  },
  '002-index': { up: (db) => db.schema.createIndex('note_text').on('note').column('text').execute() },
}

// A directory that was used before, so that it has a database and a backup.
for (const made of [{ '001-notes': migrations['001-notes'] }, migrations]) {
  const { db } = await node.connect({ dir, name: 'notes', migrations: made })
  await db.insertInto('note').values({ text: 'old' }).execute()
  await node.release(dir, 'notes')
}

Object.assign(globalThis, node, testing, { dir, migrations, text: 'new', backUp: async () => undefined })
// Open only where it is used and not opened by the snippet itself: an open directory is refused to other processes.
const source = readFileSync(file, 'utf8')
if (/\b(claim|db|pool)\b/.test(source) && !/\bconnect\(/.test(source))
  Object.assign(globalThis, await openPool())
await import(pathToFileURL(file).href)
await node.resetPools()

async function openPool() {
  const pool = await node.connect({ dir, name: 'notes', migrations })
  const { db } = pool
  return {
    pool,
    db,
    claim: { ...pool, pool },
    insert: db.insertInto('note').values({ text: 'newer' }).returning('id'),
    select: db.selectFrom('note').select('text'),
    signal: new AbortController().signal,
  }
}
