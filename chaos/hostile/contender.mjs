// @ts-check
// A process of the victim that races for the data directory while the hostile user attacks it: `contender.mjs BUILT`. It
// does the same as the app: an owner listens for launches, and a contender that is refused looks at the owner, hands its
// launch over, and ends an owner that is silent.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { withResolvers } from '../../scripts/resolvers.mjs'
import { enter, noticeLimit, ownersIn, testify } from '../witness.mjs'

/**
 * @typedef {object} HostileTask
 * @property {string} mark part of every text that no stranger may receive
 * @property {string} tmp for temporary files
 * @property {number} patience milliseconds after which a contender gives up
 * @property {boolean} isForLaunches whether all contenders hand a launch over, and the first owner waits for one
 */

/** @typedef {import('../contender.mjs').Task & HostileTask} Task */
/** @typedef {import('../../src/main/lock/data-dir-lock.ts').DataDirLock} Lock */

/** @typedef {{ type: 'may-end', pid: number | undefined } | { type: 'handed-over' }} Aside */

/** @param {string} path */
const load = (path) => import(pathToFileURL(join(process.argv[2] ?? '', path)).href)
/** @type {typeof import('../../src/main/lock/data-dir-lock.ts')} */
const { acquireDataDirLock } = await load('main/lock/data-dir-lock.js')
/** @type {typeof import('../../src/main/lock/errors.ts')} */
const { DataDirLockedError } = await load('main/lock/errors.js')
/** @type {typeof import('../../src/shared/data-dir-error.ts')} */
const { DataDirError } = await load('shared/data-dir-error.js')
/** @type {typeof import('../../src/main/handoff/endpoint/endpoint.ts')} */
const { createEndpoint } = await load('main/handoff/endpoint/endpoint.js')
/** @type {typeof import('../../src/main/handoff/owner/handoff-server.ts')} */
const { HandoffServer } = await load('main/handoff/owner/handoff-server.js')
/** @type {typeof import('../../src/main/handoff/client.ts')} */
const { handOver } = await load('main/handoff/client.js')
/** @type {typeof import('../../src/main/electron/held/owner-watch.ts')} */
const { OwnerWatch } = await load('main/electron/held/owner-watch.js')
/** @type {typeof import('../../src/main/electron/held/end-process.ts')} */
const { endProcess } = await load('main/electron/held/end-process.js')

/** How many times a contender meets an owner without a socket before it sends its launch anyway. */
const looksAtMost = 4
/** Milliseconds between two tries, so that the owner gets the processor. */
const calmPause = 100
/** Milliseconds for a launch. */
const handOverTime = 3_000
/** Milliseconds that an owner waits for one. The server of an owner takes long to start while others use the processor. */
const launchTime = 2_500
/** Milliseconds in which an owner answers those that have handed a launch over. */
const answerTime = 300

/** @type {Set<number>} */
const goOnRounds = new Set()

/** @param {import('../contender.mjs').Report | Aside} report */
const tell = (report) => process.send?.(report)

/** @param {Task} task */
async function contend(task) {
  process.env.TMPDIR = task.tmp
  delete process.env.XDG_RUNTIME_DIR
  const end = performance.now() + task.patience
  let contentions = 0
  /** @type {Set<string>} */
  const refusals = new Set()
  let hasAsked = false
  /** @type {string | undefined} */
  let error
  try {
    while (performance.now() < end) {
      let taken = tryToAcquire(task.dir)
      // An owner names its socket a moment after it has taken the lock.
      const isNamed = taken instanceof DataDirLockedError && taken.owner?.endpoint !== undefined
      if (taken instanceof DataDirLockedError && !hasAsked && (isNamed || contentions >= looksAtMost)) {
        hasAsked = true
        taken = (await meetOwner(task, taken)) ?? taken
      }
      if (!(taken instanceof DataDirError)) {
        await own(task, taken)
        break
      }
      if (taken instanceof DataDirLockedError) contentions++
      else refusals.add(taken.code)
      await sleep(task.isForLaunches ? calmPause : 1 + (process.pid % 3))
    }
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.stack : String(thrown)
  }
  tell({ type: 'done', round: task.round, contentions, error, refusals: [...refusals] })
}

/** @param {string} dir */
const acquire = (dir) => acquireDataDirLock({ dir, app: 'chaos', onWarning: () => undefined })

/** @param {string} dir */
function tryToAcquire(dir) {
  try {
    return acquire(dir)
  } catch (error) {
    if (error instanceof DataDirError) return error
    throw error
  }
}

/**
 * Does the same as the app: hands the launch over, or looks at the owner and ends it if it is silent.
 * @param {Task} task
 * @param {InstanceType<typeof DataDirLockedError>} refused
 */
async function meetOwner(task, refused) {
  try {
    if (task.isForLaunches || (process.pid + task.round) % 2 === 0) return await handLaunchOver(task, refused)
    const watch = new OwnerWatch(refused, 'chaos', () => acquire(task.dir))
    await watch.look()
    const { pid } = watch.error
    // The button also depends on `isIdentified`. This function has to refuse by itself.
    if (!watch.lock && watch.now.kind === 'silent' && (await mayEnd(pid))) await endProcess(watch, pid)
    return watch.lock
  } catch (error) {
    return onlyTyped(error)
  }
}

/**
 * @param {Task} task
 * @param {InstanceType<typeof DataDirLockedError>} refused
 */
async function handLaunchOver({ mark }, { owner }) {
  if (!owner) return
  const url = `notes://callback?code=${mark}`
  const launch = { id: randomBytes(8).toString('hex'), argv: [url], cwd: '/', files: [], urls: [url] }
  const signal = AbortSignal.timeout(handOverTime)
  const reply = await handOver(owner, launch, { signal }).catch((error) => {
    // All that is sent is sent at once, so the round need not wait for the answer of a stranger.
    if (error !== signal.reason) throw error
  })
  if (reply?.type === 'launched') tell({ type: 'handed-over' })
}

/**
 * @param {unknown} error
 * @returns {undefined}
 */
function onlyTyped(error) {
  if (!(error instanceof DataDirError)) throw error
}

/**
 * The driver says no for an owner of this round, which is busy and not silent on a slow machine.
 * @param {number | undefined} pid
 */
async function mayEnd(pid) {
  tell({ type: 'may-end', pid })
  for (;;) {
    const [order] = await once(process, 'message')
    if (order.type === 'end') return order.isAllowed
  }
}

/**
 * @param {Task} task
 * @param {Lock} lock
 */
async function own({ round, witness, hold, firstWaits, isForLaunches, mark }, lock) {
  const { isFirst } = enter(witness)
  const onLost = () => testify(witness, 'lost', process.pid)
  lock.lost.addEventListener('abort', onLost)
  const server = isFirst ? serve(lock, mark) : undefined
  tell({ type: 'owner', round, isFirst, childPid: undefined })
  if (isFirst && firstWaits) while (!goOnRounds.has(round)) await once(process, 'message')
  else if (hold > 0) await sleep(hold)
  if (server && isForLaunches) {
    // An owner that quits in the moment in which it takes a launch answers that it quits.
    const answered = server.launched.then(() => sleep(answerTime))
    await Promise.race([answered, sleep(launchTime)])
  }
  // Another process owns the directory too, so this one must notice that.
  if (!lock.lost.aborted && ownersIn(witness).some((pid) => pid !== process.pid))
    await Promise.race([once(lock.lost, 'abort'), sleep(noticeLimit)])
  if (!lock.lost.aborted) testify(witness, 'leave', process.pid)
  lock.lost.removeEventListener('abort', onLost)
  await server?.close()
  lock.release()
}

/**
 * As `claim` does it.
 * @param {Lock} lock
 * @param {string} mark
 */
function serve(lock, mark) {
  const token = `${mark}${randomBytes(8).toString('hex')}`
  let endpoint
  try {
    endpoint = createEndpoint(lock.dir, lock.name)
  } catch {
    return undefined
  }
  lock.publish({ endpoint: endpoint.path, token })
  const { promise: launched, resolve } = withResolvers()
  const server = new HandoffServer({
    endpoint,
    token,
    async onLaunch() {
      resolve(undefined)
      return 'focused'
    },
    lockLost: lock.lost,
  })
  server.publish({ state: 'ready' })
  return { launched, close: () => server.close() }
}

process.on('message', (message) => {
  const order = /** @type {import('../contender.mjs').Order} */ (message)
  if (order.type === 'contend') void contend(/** @type {Task} */ (order))
  else if (order.type === 'go-on') goOnRounds.add(order.round)
})
process.on('disconnect', () => process.exit())
tell({ type: 'ready' })
