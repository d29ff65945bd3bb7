// @ts-check
// Electron's own single-instance lock and ours, in real apps: the first call of each in a process, as an app makes it. The
// directory of Electron's lock is the app's userData folder. It reports neither the owner nor whether the owner is alive.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { switches } from '../../scripts/desktop/start-app.mjs'
import { median } from '../statistics.mjs'

/**
 * @typedef {object} Context
 * @property {string} electronPath
 * @property {Record<string, string>} env
 * @property {string} built
 * @property {string} dir
 * @property {number} launches
 */

/** @typedef {{ owner: boolean, lock: number, singleInstanceLock: number }} Launch times in milliseconds */

/**
 * Starts pairs of apps: one that gets both locks, and one that is refused.
 * @param {Context} context
 * @returns {Promise<{ taken: number, refused: number }>} our time over theirs, the median of the launches
 */
export async function timeSingleInstanceLock(context) {
  /** @type {number[]} */
  const taken = []
  /** @type {number[]} */
  const refused = []
  for (let launch = 0; launch < context.launches; launch++) {
    const dir = mkdtempSync(join(context.dir, 'datadir-bench-'))
    const first = startApp(context, dir, launch)
    try {
      taken.push(ratioOf(await first.report, true))
      const second = startApp(context, dir, launch)
      refused.push(ratioOf(await second.report, false))
      await second.end()
    } finally {
      await first.end()
      rmSync(dir, { recursive: true, force: true })
    }
  }
  return { taken: median(taken), refused: median(refused) }
}

/**
 * @param {Launch} launch
 * @param {boolean} owner
 */
function ratioOf(launch, owner) {
  if (launch.owner !== owner) throw new Error(`an app reports owner: ${launch.owner}, which is wrong`)
  return launch.lock / launch.singleInstanceLock
}

/**
 * @param {Context} context
 * @param {string} dir
 * @param {number} launch
 */
function startApp({ electronPath, env, built }, dir, launch) {
  const child = spawn(electronPath, [...switches, join(import.meta.dirname, 'single-instance')], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...env, BENCH_BUILT: built, BENCH_DIR: dir, BENCH_LAUNCH: String(launch) },
  })
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  return {
    report: Promise.race([
      once(lines, 'line').then(([line]) => /** @type {Launch} */ (JSON.parse(line))),
      ended.then(() => Promise.reject(new Error('an app ended without a report'))),
    ]),
    async end() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
