// @ts-check
// Runs in Electron's main process, as an app's own code does: every peer with a copy of the same database, case by case, in
// an order that is shuffled again in every round.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { app } from 'electron'
import { median, shuffled } from '../../statistics.mjs'
import { cases } from './cases.mjs'
import { calibrateSlowQuery, createDatabase } from './fixture.mjs'
import { coldAndWarm, openAndClose } from './lifetime.mjs'
import { checkAnswers } from './operations.mjs'
import { allPeers } from './peers.mjs'

/**
 * @typedef {object} Order what suite.mjs asks for
 * @property {string} built
 * @property {string} folder a new one, for databases and for the result
 * @property {boolean} quick
 * @property {readonly string[]} only names of cases; none means all
 */

/** @typedef {Record<string, Record<string, number | undefined>>} Figures by peer, then by figure, in milliseconds */

/**
 * @typedef {object} Contestant
 * @property {import('./peers.mjs').Peer} peer
 * @property {import('./operations.mjs').Operations} operations on a database that stays open, as an app's does
 * @property {string} spare a folder with another copy, for what opens and closes
 * @property {Map<string, number[]>} samples
 */

const { built, folder, quick, only } = /** @type {Order} */ (JSON.parse(process.env.BENCH_POOL ?? ''))
const rounds = quick ? 3 : 5
/** @type {Omit<import('./cases.mjs').Scale, 'slowSteps'>} */
const scale = quick
  ? { steadyMilliseconds: 1500, importBytes: 10e6, repeats: 10 }
  : { steadyMilliseconds: 3000, importBytes: 100e6, repeats: 25 }
// Long, and with nothing in it that a second look would change.
const once = ['import']

async function measure() {
  const template = join(folder, 'template', 'bench.db')
  createDatabase(template)
  const slowSteps = calibrateSlowQuery(template)
  /** @type {Contestant[]} */
  const contestants = []
  for (const peer of Object.values(await allPeers(built))) {
    const [dir, spare] = [join(folder, peer.name), join(folder, `${peer.name} spare`)]
    for (const copy of [dir, spare]) {
      mkdirSync(copy)
      cpSync(template, join(copy, 'bench.db'))
    }
    const { operations } = await peer.open(dir)
    await checkAnswers(operations, slowSteps)
    contestants.push({ peer, operations, spare, samples: new Map() })
  }
  const wanted = Object.keys({ ...cases, lifetime: 1 }).filter(
    (name) => only.length === 0 || only.includes(name),
  )

  for (let round = 0; round <= rounds; round++) {
    // The first round warms up and does not count.
    const names = wanted.filter((name) => !once.includes(name) || round === 1)
    for (const name of shuffled(names)) {
      for (const contestant of shuffled(contestants)) {
        const figures = await play(name, contestant, { ...scale, slowSteps })
        if (round > 0) keep(contestant, figures)
      }
    }
    console.log(`round ${round} of ${rounds}`)
  }
  /** @type {Figures} */
  const result = {}
  for (const { peer, samples } of contestants) {
    result[peer.name] = Object.fromEntries([...samples].map(([name, values]) => [name, median(values)]))
  }
  return result
}

/**
 * @param {string} name
 * @param {Contestant} contestant
 * @param {import('./cases.mjs').Scale} fullScale
 */
async function play(name, { peer, operations, spare }, fullScale) {
  const run = cases[name]
  if (run) return await run(operations, fullScale)
  return { ...(await openAndClose(peer, spare, 3)), ...(await coldAndWarm(peer, spare, fullScale.slowSteps)) }
}

/**
 * @param {Contestant} contestant
 * @param {Record<string, number | undefined>} figures
 */
function keep({ samples }, figures) {
  for (const [name, value] of Object.entries(figures)) {
    if (value === undefined) continue
    samples.set(name, [...(samples.get(name) ?? []), value])
  }
}

async function measureAndQuit() {
  try {
    writeFileSync(join(folder, 'result.json'), JSON.stringify(await measure()))
    app.exit(0)
  } catch (error) {
    console.error(error)
    app.exit(1)
  }
}

// Not awaited: Electron gets ready only once this module has ended (electronjs.org/docs/latest/tutorial/esm).
app.whenReady().then(measureAndQuit)
