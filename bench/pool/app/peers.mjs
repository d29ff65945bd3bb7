// @ts-check
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import SqliteDatabase from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { GenericSqliteWorkerDialect } from 'kysely-generic-sqlite/worker'
import { createNodeWorkerExecutor } from 'kysely-generic-sqlite/worker-helper-node'
import { setPragmas } from './fixture.mjs'
import { kyselyOperations, rawOperations } from './operations.mjs'

/** @typedef {import('./operations.mjs').Operations} Operations */
/** @typedef {import('./operations.mjs').Schema} Schema */

/**
 * @typedef {object} Opened
 * @property {Operations} operations
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {(dir: string) => Promise<Opened>} open the database `bench.db` in this folder
 */

/** @type {Peer} */
const raw = {
  name: 'better-sqlite3',
  async open(dir) {
    const database = openHere(dir)
    return { operations: rawOperations(database), close: async () => void database.close() }
  },
}

/** @type {Peer} */
const sqliteDialect = {
  name: 'SqliteDialect',
  async open(dir) {
    return openKysely(new SqliteDialect({ database: openHere(dir) }))
  },
}

/** @type {Peer} */
const oneWorker = {
  name: 'one worker',
  async open(dir) {
    const worker = () => new Worker(new URL('./one-worker-thread.mjs', import.meta.url))
    const executor = createNodeWorkerExecutor({ worker, data: { path: `${dir}/bench.db` } })
    return openKysely(new GenericSqliteWorkerDialect(executor))
  },
}

/**
 * @param {string} built the folder this package is compiled to
 * @returns {Promise<Peer>}
 */
async function ours(built) {
  const { connect, release } = /** @type {typeof import('../../../src/main/api.ts')} */ (
    await import(pathToFileURL(`${built}/main/api.js`).href)
  )
  return {
    name: 'this package',
    async open(dir) {
      const pool = await connect({ dir, name: 'bench' })
      const db = /** @type {Kysely<Schema>} */ (pool.db)
      return {
        operations: {
          ...kyselyOperations(db),
          insertAsBatch: (texts) =>
            pool.batch(texts.map((text) => db.insertInto('entry').values({ text, at: 1 }))),
        },
        close: () => release(dir, 'bench'),
      }
    },
  }
}

/** @param {string} built */
export async function allPeers(built) {
  return { raw, sqliteDialect, oneWorker, ours: await ours(built) }
}

/** @param {string} dir */
function openHere(dir) {
  const database = new SqliteDatabase(`${dir}/bench.db`)
  setPragmas(database)
  return database
}

/** @param {import('kysely').Dialect} dialect */
async function openKysely(dialect) {
  const db = /** @type {Kysely<Schema>} */ (new Kysely({ dialect }))
  // Kysely opens on the first query.
  await db.selectFrom('item').select('id').limit(1).execute()
  return { operations: kyselyOperations(db), close: () => db.destroy() }
}
