// @ts-check
// Writes through a pool until it is killed, or until it loses the database: `writer.mjs BUILT DIR ROUND BEHAVIOR`. Each
// line that begins with `+` is a group of rows that the pool reported as committed. The lines stay in the pipe, which
// belongs to the kernel, even if the writer is killed.
//
// BEHAVIOR: `honest`; `lying` reports one group as committed before it is; `backup` makes a backup of an idle
// database and then writes so little that all of it stays in the log.
import { statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { migrations } from './schema.mjs'

/** @typedef {import('./schema.mjs').Schema} Schema */
/** @typedef {(db: import('kysely').Kysely<Schema>, pool: import('../src/main/sqlite/pool.ts').Pool<Schema>, rows: Schema['row'][]) => Promise<unknown>} Way */

const [built = '', dir = '', round = '', behavior = ''] = process.argv.slice(2)

/** The codes of writes that fail because the files are lost. The report of the loss may come later. */
const endsWithFiles = new Set([
  'SQLITE_READONLY',
  'ERR_DATADIR_TRANSACTION_LOST',
  'ERR_DATADIR_DATABASE_REPLACED',
])

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
  for (let rest = Buffer.from(`${line}\n`); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (error) {
      // The driver is busy and the pipe is full. A line that is not written does not count as acknowledged.
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

/** @param {string[]} path @returns {Promise<any>} */
const load = (...path) => import(pathToFileURL(join(built, ...path)).href)

async function write() {
  const { acquireDataDirLock } = /** @type {typeof import('../src/main/lock/data-dir-lock.ts')} */ (
    await load('lock', 'data-dir-lock.js')
  )
  const { connect } = /** @type {typeof import('../src/main/sqlite/pool.ts')} */ (
    await load('sqlite', 'pool.js')
  )
  const { lost } = acquireDataDirLock({ dir })
  lost.addEventListener('abort', () => void endWhenRescued(lost.reason))
  const pool = /** @type {import('../src/main/sqlite/pool.ts').Pool<Schema>} */ (
    await connect({ dir, migrations })
  )
  if (behavior === 'backup') await backUpWhenIdle(pool)
  say('open')
  await Promise.all(Object.entries(ways).map(([name, way]) => keepWriting(pool, name, way)))
}

/** @param {import('../src/main/sqlite/pool.ts').Pool<Schema>} pool */
async function backUpWhenIdle(pool) {
  const rows = [{ group_id: `${round}-before`, group_size: 1, text: 'before the backup' }]
  await pool.batch(rows.map((row) => pool.db.insertInto('row').values(row)))
  say(`+${round}-before`)
  const log = `${pool.databasePath}-wal`
  while ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0) await sleep(50)
  await pool.backup(join(dir, 'good-backup.db'))
}

/** @param {{ readonly code: string, readonly rescue?: Promise<string | undefined> }} reason */
async function endWhenRescued(reason) {
  say(`lost ${reason.code}`)
  say(`rescued ${(await reason.rescue) ?? ''}`)
  process.exit(0)
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
    // Some are large, so that SQLite moves the log into the database again and again.
    const isLarge = behavior !== 'backup' && count % 10 === 0
    const text = 'x'.repeat(isLarge ? 60_000 : 200)
    const rows = Array.from({ length: size }, () => ({ group_id: id, group_size: size, text }))
    // The driver's self-check: this report comes before the commit.
    if (behavior === 'lying' && count === 3) {
      say(`+${id}`)
      process.kill(process.pid, 'SIGKILL')
    }
    try {
      await way(pool.db, pool, rows)
      say(`+${id}`)
    } catch (error) {
      const { code } = /** @type {{ code?: string }} */ (error)
      if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE') say('full')
      // The database was lost, and this process is about to end.
      else if (!endsWithFiles.has(code ?? '')) throw error
      await sleep(20)
    }
  }
}

await write()
