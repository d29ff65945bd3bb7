// @ts-check
// A process that races for the data directory, round after round, until it is killed or its driver ends:
// `contender.mjs MODULE`, where MODULE is the built data-dir-lock.js.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { enter, testify } from './witness.mjs'

/**
 * @typedef {object} Task
 * @property {'contend'} type
 * @property {number} round
 * @property {string} dir
 * @property {string} witness
 * @property {number} hold milliseconds to stay owner
 * @property {boolean} firstWaits whether the round's first owner keeps the lock until it gets `go-on`
 * @property {boolean} withChild whether an owner starts a process that outlives it
 * @property {boolean} withoutLock whether to enter without the lock
 */

/** @typedef {Task | { type: 'go-on', round: number }} Order */

/**
 * @typedef {{ type: 'ready' }
 *   | { type: 'owner', round: number, isFirst: boolean, childPid: number | undefined }
 *   | { type: 'done', round: number, contentions: number, error: string | undefined, refusals?: string[] }} Report
 */

const { acquireDataDirLock } = await import(pathToFileURL(process.argv[2] ?? '').href)

/** @type {Set<number>} */
const goOnRounds = new Set()

/** @param {Report} report */
function tell(report) {
  process.send?.(report)
}

/** @param {Task} task */
async function contend(task) {
  let contentions = 0
  /** @type {string | undefined} */
  let error
  try {
    for (;;) {
      const lock = task.withoutLock ? { release: () => undefined } : tryToAcquire(task.dir)
      if (lock) {
        await own(task, lock)
        break
      }
      contentions++
      // About every millisecond, at another pace than the others.
      await sleep(1 + (process.pid % 3))
    }
  } catch (thrown) {
    error = String(thrown)
  }
  tell({ type: 'done', round: task.round, contentions, error })
}

/** @param {string} dir */
function tryToAcquire(dir) {
  try {
    return acquireDataDirLock({ dir, app: 'chaos' })
  } catch (error) {
    if (/** @type {{ code?: string }} */ (error).code === 'ERR_DATADIR_LOCKED') return undefined
    throw error
  }
}

/**
 * @param {Task} task
 * @param {{ release(): void }} lock
 */
async function own({ round, witness, hold, firstWaits, withChild }, lock) {
  const { isFirst } = enter(witness)
  const childPid = isFirst && withChild ? startChild() : undefined
  tell({ type: 'owner', round, isFirst, childPid })
  if (isFirst && firstWaits) while (!goOnRounds.has(round)) await once(process, 'message')
  else if (hold > 0) await sleep(hold)
  testify(witness, 'leave', process.pid)
  lock.release()
}

function startChild() {
  // It ends by itself if the driver has ended.
  const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true })
  child.unref()
  return child.pid
}

process.on('message', (message) => {
  const order = /** @type {Order} */ (message)
  if (order.type === 'contend') void contend(order)
  else goOnRounds.add(order.round)
})
process.on('disconnect', () => process.exit())
tell({ type: 'ready' })
