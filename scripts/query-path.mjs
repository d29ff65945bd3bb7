// @ts-check
/**
 * Counts the files that one query passes through, on the main thread and on the database threads, by V8's coverage.
 * Run it in Electron's Node, on a build of tsc: `ELECTRON_RUN_AS_NODE=1 electron scripts/query-path.mjs`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { root } from './setup/places.mjs'

/** @typedef {{ result: { url: string, functions: { functionName: string, ranges: { count: number }[] }[] }[] }} Coverage */
/** @typedef {{ main: string[], threads: string[], files: number, calls: number }} QueryPath */

const built = `${pathToFileURL(join(root, 'dist'))}/`
const { connect } = await import(`${built}main/node.js`)

const main = new Session()
main.connect()

/** @type {Set<string>} */
const threads = new Set()
/** @type {Map<number, (result: any) => void>} */
const waiting = new Map()
main.on('NodeWorker.attachedToWorker', ({ params }) => threads.add(params.sessionId))
main.on('NodeWorker.detachedFromWorker', ({ params }) => threads.delete(params.sessionId))
main.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
  const { id, result } = JSON.parse(params.message)
  waiting.get(id)?.(result)
})
await main.post('NodeWorker.enable', { waitForDebuggerOnStart: false })

// Messages of the inspector do not keep the process alive.
const alive = setInterval(() => undefined, 1_000)

let lastId = 0

/**
 * @param {string} sessionId
 * @param {string} method
 * @param {object} [params]
 * @returns {Promise<any>}
 */
async function askThread(sessionId, method, params = {}) {
  const id = ++lastId
  const answered = new Promise((resolve) => waiting.set(id, resolve))
  const message = JSON.stringify({ id, method, params })
  await main.post('NodeWorker.sendMessageToWorker', { sessionId, message })
  return await answered
}

const precise = { callCount: true, detailed: false }

async function startCounting() {
  for (const thread of threads) {
    await askThread(thread, 'Profiler.enable')
    await askThread(thread, 'Profiler.startPreciseCoverage', precise)
  }
  await main.post('Profiler.enable')
  await main.post('Profiler.startPreciseCoverage', precise)
}

/** @param {Coverage} coverage */
function called({ result }) {
  return result
    .filter(({ url }) => url.startsWith(built))
    .map(({ url, functions }) => ({
      file: url.slice(built.length),
      calls: functions.reduce((sum, { ranges }) => sum + (ranges[0]?.count ?? 0), 0),
    }))
    .filter(({ calls }) => calls > 0)
}

/** Reading the counts resets them. */
async function takeCounts() {
  const ofMain = called(/** @type {any} */ (await main.post('Profiler.takePreciseCoverage')))
  const ofThreads = []
  for (const thread of threads)
    ofThreads.push(...called(await askThread(thread, 'Profiler.takePreciseCoverage')))
  return { ofMain, ofThreads }
}

/**
 * The path of one query that no timer of housekeeping has interrupted: of some queries, the one with the fewest files.
 * @param {() => Promise<unknown>} query
 * @returns {Promise<QueryPath>}
 */
async function pathOf(query) {
  for (let time = 0; time < 5; time++) await query()
  const paths = []
  for (let time = 0; time < 5; time++) {
    // What the thread does after the answer is part of the query.
    await sleep(20)
    await takeCounts()
    await query()
    await sleep(20)
    paths.push(pathIn(await takeCounts()))
  }
  return paths.reduce((best, next) => (next.files < best.files ? next : best))
}

/**
 * @param {Awaited<ReturnType<typeof takeCounts>>} counts
 * @returns {QueryPath}
 */
function pathIn({ ofMain, ofThreads }) {
  const names = (/** @type {typeof ofMain} */ list) => [...new Set(list.map(({ file }) => file))].toSorted()
  const all = [...ofMain, ...ofThreads]
  return {
    main: names(ofMain),
    threads: names(ofThreads),
    files: names(all).length,
    calls: all.reduce((sum, { calls }) => sum + calls, 0),
  }
}

const dir = mkdtempSync(join(tmpdir(), 'query-path-'))
const pool = await connect({
  dir,
  migrations: {
    '001-note': {
      up: (/** @type {any} */ db) =>
        db.schema
          .createTable('note')
          .addColumn('id', 'integer', (/** @type {any} */ column) => column.primaryKey())
          .addColumn('text', 'text')
          .execute(),
    },
  },
})
try {
  while ((await pool.stats()).readers.some((/** @type {any} */ { state }) => state !== 'idle'))
    await sleep(10)
  await startCounting()
  const insert = () => pool.db.insertInto('note').values({ text: 'a note' }).execute()
  const select = () => pool.db.selectFrom('note').selectAll().where('id', '=', 1).execute()
  const paths = { insert: await pathOf(insert), select: await pathOf(select) }
  process.stdout.write(`${JSON.stringify(paths, undefined, 2)}\n`)
} finally {
  await pool.close()
  main.disconnect()
  clearInterval(alive)
  rmSync(dir, { recursive: true, force: true })
}
