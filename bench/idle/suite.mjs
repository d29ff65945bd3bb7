// @ts-check
// npm run bench -- idle: what an app costs while its window is open and nothing happens. The smallest app, the smallest app
// with Kysely's own dialect, and ours are started in turn, each three times with a database from an earlier launch. Then
// all of them are idle at the same time. Linux only.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { platform } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from '../../scripts/say.mjs'
import { inTurn } from '../launch/first-launches.mjs'
import { kill, quit, said, starter } from '../launch/start.mjs'
import { buildApps } from '../launch/variants.mjs'
import { privateMemory, watch } from './processes.mjs'
import { report } from './report.mjs'

/**
 * @typedef {import('../launch/start.mjs').Child} Child
 * @typedef {'plain' | 'sqlite-dialect bundled' | 'bundled'} Variant
 */

/**
 * @typedef {object} Sample of one start. Memory is in megabytes.
 * @property {Variant} variant
 * @property {number} memoryFirstRow when the page shows its first row
 * @property {number} memoryIdle after a minute
 * @property {number} memoryBurst after many reads at once, which start all readers
 * @property {number} memoryIdleAgain after another minute
 * @property {import('./processes.mjs').Activity} idle
 * @property {import('./processes.mjs').Activity} idleAgain
 */

/** @type {readonly Variant[]} */
const variants = ['plain', 'sqlite-dialect bundled', 'bundled']
const order = ['first', 'second', 'third'].flatMap((place, index) =>
  inTurn(variants, index).map((variant) => ({ variant, place })),
)
// In milliseconds. An app may put off work until it has started, so only the second half of a minute is watched.
const halfMinute = 30_000

/** @param {import('../../scripts/bench.mjs').BenchContext} context */
export async function measure({ electronPath, env, built }) {
  if (platform !== 'linux') {
    say('skipped: the figures are from /proc, which only Linux has')
    return {}
  }
  const { apps, remove } = await buildApps(built, variants)
  const folder = mkdtempSync(join(tmpdir(), 'bench-idle-'))
  const start = starter({ electronPath, env, apps, folder })
  /** @type {Child[]} */
  const children = []
  /** @param {(typeof order)[number]} which */
  const open = async ({ variant, place }) => {
    const { child } = start(variant, place)
    children.push(child)
    await said(child, 'painted', 'answered')
    return { variant, child, memoryFirstRow: privateMemory(child.pid ?? 0) }
  }
  try {
    // These make the databases.
    for (const which of order) await quit((await open(which)).child)
    const opened = []
    for (const which of order) opened.push(await open(which))
    const samples = opened.map(async ({ child, ...more }) => ({ ...more, ...(await idleTwice(child)) }))
    return report(variants, await Promise.all(samples))
  } finally {
    for (const child of children) await kill(child)
    remove()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

/** @param {Child} child */
async function idleTwice(child) {
  const pid = child.pid ?? 0
  const idle = await watchIdle(pid)
  const memoryIdle = privateMemory(pid)
  const answered = said(child, 'all-answered')
  child.send('ask')
  await answered
  const memoryBurst = privateMemory(pid)
  const idleAgain = await watchIdle(pid)
  return { idle, memoryIdle, memoryBurst, idleAgain, memoryIdleAgain: privateMemory(pid) }
}

/** @param {number} pid */
async function watchIdle(pid) {
  await sleep(halfMinute)
  return await watch(pid, halfMinute)
}
