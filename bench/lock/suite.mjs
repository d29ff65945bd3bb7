// @ts-check
// npm run bench -- lock [--rounds N] [--operations N] [--launches N] [--dir DIR]

import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { say } from '../../scripts/say.mjs'
import { timeSingleInstanceLock } from './single-instance-lock.mjs'

/**
 * @param {import('../../scripts/bench.mjs').BenchContext} context
 * @returns {Promise<Record<string, number>>} our time over theirs
 */
export async function measure({ electronPath, env, built, args }) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '500' },
      operations: { type: 'string', default: '50' },
      launches: { type: 'string', default: '7' },
      // The filesystem matters, because proper-lockfile makes and removes a folder each time.
      dir: { type: 'string', default: tmpdir() },
    },
  })
  const { rounds, operations, launches, dir } = values
  const peers = join(import.meta.dirname, 'peers.mjs')
  const output = execFileSync(electronPath, [peers, built, dir, rounds, operations], {
    encoding: 'utf8',
    env: { ...process.env, ...env, ELECTRON_RUN_AS_NODE: '1' },
  })
  /** @type {import('./peers.mjs').Times} */
  const times = JSON.parse(output)
  await saySingleInstanceLock({ electronPath, env, built, dir, launches: Number(launches) })
  return {
    acquireVsBare: round(times.acquire / times.acquireBare),
    acquireVsProperLockfile: round(times.acquire / times.acquireProperLockfile),
    contendedVsBare: round(times.contended / times.contendedBare),
  }
}

/** @param {Parameters<typeof timeSingleInstanceLock>[0]} context */
async function saySingleInstanceLock(context) {
  const { taken, refused } = await timeSingleInstanceLock(context)
  say(`first call in an app that gets it, over requestSingleInstanceLock: ${taken.toFixed(2)}`)
  say(`first call in an app that does not, over requestSingleInstanceLock: ${refused.toFixed(2)}`)
}

/** @param {number} ratio */
const round = (ratio) => Math.round(ratio * 1000) / 1000
