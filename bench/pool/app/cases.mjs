// @ts-check
import { setImmediate as turn } from 'node:timers/promises'
import { median } from '../../statistics.mjs'
import { itemCount } from './fixture.mjs'
import { busyTime, timerDelays } from './main-thread.mjs'

/** @typedef {import('./operations.mjs').Operations} Operations */

/**
 * @typedef {object} Scale
 * @property {number} slowSteps
 * @property {number} steadyMilliseconds
 * @property {number} importBytes
 * @property {number} repeats of everything that takes less than a few milliseconds
 */

/**
 * Measures one thing of a peer: figures by name, in milliseconds. Undefined: the peer cannot do it at all.
 * @typedef {(operations: Operations, scale: Scale) => Promise<Record<string, number | undefined>>} Case
 */

const fileLength = 10_000
const filesPerTransaction = 100
const tenTexts = Array.from({ length: 10 }, (_, index) => `Entry ${index}`)

/** @type {Record<string, Case>} */
export const cases = {
  async awaitedRead({ readOne }, { repeats }) {
    return { awaitedRead: await medianOf(repeats * 40, (index) => readOne(idOf(index))) }
  },

  async pipelinedRead({ readOne }, { repeats }) {
    const total = await medianOf(Math.ceil(repeats / 4), () =>
      Promise.all(Array.from({ length: 1000 }, (_, index) => readOne(idOf(index)))),
    )
    return { pipelinedRead: total / 1000 }
  },

  async rows100({ readMany }, { repeats }) {
    return { rows100: await medianOf(repeats * 4, () => readMany(100)) }
  },

  async rows10k({ readMany }, { repeats }) {
    const rows10k = await medianOf(repeats, () => readMany(itemCount))
    const busy = await busyTime(async () => {
      for (let i = 0; i < repeats; i++) await readMany(itemCount)
    })
    return { rows10k, rows10kMainBusy: busy / repeats }
  },

  async transactionOf10({ insertInTransaction, insertAllInTransaction, insertAsBatch }, { repeats }) {
    /** @param {((texts: readonly string[]) => Promise<unknown>) | undefined} insert */
    const timeOf = async (insert) => insert && (await medianOf(repeats * 4, () => insert(tenTexts)))
    return {
      transaction10: await timeOf(insertInTransaction),
      transaction10All: await timeOf(insertAllInTransaction),
      batch10: await timeOf(insertAsBatch),
    }
  },

  async smallReadBehindSlow(operations, { slowSteps }) {
    // A pool may start a connection for the first one, and end it when it has not been needed for a while.
    await waitBehindSlow(operations, slowSteps)
    return { smallReadBehindSlow: await medianOf(3, () => waitBehindSlow(operations, slowSteps)) }
  },

  async mainDelay(operations, { slowSteps, steadyMilliseconds }) {
    const until = performance.now() + steadyMilliseconds
    /** @param {() => Promise<unknown>} work */
    const keepDoing = async (work) => {
      while (performance.now() < until) {
        await work()
        // Code that runs on the main thread gives way between two statements, or nothing else would ever run.
        await turn()
      }
    }
    const { p50, p99, max } = await timerDelays(async () => {
      await Promise.all([
        keepDoing(() => operations.readSlowly(slowSteps)),
        keepDoing(() => operations.readMany(1000)),
        keepDoing(() => operations.insertInTransaction(tenTexts)),
      ])
    })
    return { mainDelayP50: p50, mainDelayP99: p99, mainDelayMax: max }
  },

  async abort({ readOne, readSlowly }, { slowSteps }) {
    /** @type {number[]} */
    const rejected = []
    /** @type {number[]} */
    const stopped = []
    for (let i = 0; i < 3; i++) {
      const controller = new AbortController()
      const slow = readSlowly(slowSteps * 10, controller.signal).then(
        () => 'ended',
        () => 'rejected',
      )
      await new Promise((resolve) => setTimeout(resolve, 20))
      const start = performance.now()
      controller.abort()
      if ((await slow) !== 'rejected') return { abortRejected: undefined, abortUsable: undefined }
      rejected.push(performance.now() - start)
      // As many reads as there could be connections: one of them is the connection that was stopped.
      await Promise.all(Array.from({ length: 8 }, (_, index) => readOne(index + 1)))
      stopped.push(performance.now() - start)
    }
    return { abortRejected: median(rejected), abortUsable: median(stopped) }
  },

  async import({ importFiles }, { importBytes }) {
    const contents = Array.from({ length: filesPerTransaction }, (_, index) =>
      `${index} `.repeat(fileLength).slice(0, fileLength),
    )
    const transactions = Math.ceil(importBytes / (fileLength * filesPerTransaction))
    const start = performance.now()
    const { max } = await timerDelays(async () => {
      for (let i = 0; i < transactions; i++) {
        await importFiles(contents)
        await turn()
      }
    })
    return { import: performance.now() - start, importMainDelayMax: max }
  },
}

/**
 * How long a small read takes while a slow one runs.
 * @param {Operations} operations
 * @param {number} slowSteps
 */
export async function waitBehindSlow({ readOne, readSlowly }, slowSteps) {
  const slow = readSlowly(slowSteps)
  // The slow one is on its way before the small one is asked for.
  await turn()
  const start = performance.now()
  await readOne(1)
  const waited = performance.now() - start
  await slow
  return waited
}

/** @param {number} index */
function idOf(index) {
  return ((index * 7919) % itemCount) + 1
}

/**
 * @param {number} count
 * @param {(index: number) => Promise<unknown>} operation may give back a time it took itself
 */
async function medianOf(count, operation) {
  /** @type {number[]} */
  const times = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    const own = await operation(i)
    times.push(typeof own === 'number' ? own : performance.now() - start)
    // One after the other in the same turn, promises that are kept at once would starve Electron's own work.
    await turn()
  }
  return median(times)
}
