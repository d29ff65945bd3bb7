// @ts-check
// The hostile user: `mallory.mjs BUILT`, as a user who may write to the data directory.
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { seededRandom, wholeNumber } from '../random.mjs'
import { attacks, planned } from './attacks.mjs'
import { HerHolders } from './her-holders.mjs'
import { HerSockets } from './her-sockets.mjs'

/**
 * @typedef {object} Attack
 * @property {'attack'} type
 * @property {string} dir
 * @property {string} tmp the folder for temporary files that both users have
 * @property {string} mark
 * @property {number} seed
 * @property {number[]} victims processes of the victim
 * @property {boolean} isQuiet whether she does nothing, so that launches reach their owners
 * @property {string} precious a file of the victim that she may write, but not through the app
 */

/**
 * @typedef {{ type: 'ready' }
 *   | { type: 'under-way' }
 *   | { type: 'mark', path: string }
 *   | { type: 'stopped', attacks: string[] }} MalloryReport
 */

const load = (/** @type {string} */ path) => import(pathToFileURL(join(process.argv[2] ?? '', path)).href)
/** @type {typeof import('../../src/main/owner/owner-record.ts')} */
const { serializeOwnerRecord } = await load('main/owner/owner-record.js')
/** @type {typeof import('../../src/main/owner/process-identity.ts')} */
const { ownIdentity } = await load('main/owner/process-identity.js')
/** @type {typeof import('../../src/main/owner/process-stat.ts')} */
const { readProcessStat } = await load('main/owner/process-stat.js')

/** How many steps come before the race. */
const openings = 2

/** @param {MalloryReport} report */
const tell = (report) => process.send?.(report)

const sockets = new HerSockets((path) => tell({ type: 'mark', path }))
const holders = new HerHolders()
/** @type {string[]} */
const done = []
let isStopped = false
/** @type {Promise<void>} */
let attacking = Promise.resolve()

/** @param {Attack} task */
async function attack({ dir, tmp, mark, seed, victims, precious, isQuiet }) {
  const random = seededRandom(seed)
  const home = mkdtempSync(join(tmp, 'hers-'))
  const her = {
    dir,
    tmp,
    home,
    mark,
    precious,
    random,
    sockets,
    holders,
    /** @param {Record<string, unknown>} facts */
    record(facts) {
      const pid = victims[wholeNumber(random, 0, victims.length - 1)] ?? 1
      const identity = { ...ownIdentity(), pid, start_ticks: readProcessStat(pid)?.startTicks ?? 0 }
      return serializeOwnerRecord(/** @type {any} */ ({ ...identity, app: 'chaos', ...facts }))
    },
  }
  const steps = isQuiet ? [] : planned(random)
  for (const [index, name] of steps.entries()) {
    // The first ones are there before the race begins.
    if (index === openings) tell({ type: 'under-way' })
    if (index >= openings) await sleep(wholeNumber(random, 0, 60))
    if (isStopped) return
    try {
      await attacks[name](her)
      done.push(name)
    } catch {
      // A sticky directory, or something that is in her way: this attack is not possible here.
    }
  }
  if (steps.length <= openings) tell({ type: 'under-way' })
}

/** @typedef {{ type: 'listen', path: string, mark: string }} Listen for the driver's own check */

process.on('message', async (/** @type {Attack | Listen | { type: 'stop' }} */ order) => {
  if (order.type === 'listen') return sockets.listen(order.path, order.mark, 0)
  if (order.type === 'attack') {
    isStopped = false
    attacking = attack(order)
    return
  }
  isStopped = true
  await attacking
  sockets.close()
  holders.end()
  tell({ type: 'stopped', attacks: done.splice(0) })
})
process.on('exit', () => holders.end())
process.umask(0)
process.on('disconnect', () => process.exit())
tell({ type: 'ready' })
