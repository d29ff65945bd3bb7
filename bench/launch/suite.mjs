// @ts-check
// npm run bench -- launch [ROUNDS]: what this package adds to a first launch, and what a second launch takes, beside
// the smallest app that uses Electron's own single-instance lock. Both are started in turn.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { switches } from '../../scripts/desktop/start-app.mjs'
import { waitFor } from '../../scripts/desktop/wait-for.mjs'
import { bundlePackage } from './bundle.mjs'

const apps = join(import.meta.dirname, 'apps')

/** @param {import('../../scripts/bench.mjs').BenchContext} context */
export async function measure({ electronPath, env, args }) {
  const rounds = Number(args[0] ?? 15)
  const bundle = await bundlePackage()
  const folder = mkdtempSync(join(tmpdir(), 'bench-launch-'))
  /** @param {'plain' | 'ours'} name @param {string} round @param {Record<string, string>} [more] */
  const start = (name, round, more = {}) => {
    const profile = `--user-data-dir=${join(folder, name, round)}`
    const child = spawn(electronPath, [...switches, profile, join(apps, name)], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        ...process.env,
        ...env,
        PACKAGE_API: join(bundle, 'api.js'),
        LAUNCH_DIR: join(folder, name, round, 'data'),
        ...more,
      },
    })
    return { child, started: performance.now() }
  }
  try {
    const first = await firstLaunches(start, rounds)
    const second = await secondLaunches(start, rounds)
    say(`time to the dialog: ${text(await dialogs(start, env, Math.min(rounds, 9)))}`)
    return {
      secondLaunchVsElectronLock: ratio('second launch, spawn to exit', second),
      firstWindowVsPlainApp: ratio('first launch, spawn to painted', first),
    }
  } finally {
    rmSync(bundle, { recursive: true, force: true })
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

/**
 * @typedef {(name: 'plain' | 'ours', round: string, more?: Record<string, string>) => { child: import('node:child_process').ChildProcess, started: number }} Start
 * @typedef {{ ours: number[], plain: number[] }} Times in milliseconds
 */

/**
 * A profile of its own for each pair, so that no launch is anybody's second one.
 * @param {Start} start
 * @param {number} rounds
 * @returns {Promise<Times>}
 */
async function firstLaunches(start, rounds) {
  /** @type {Times} */
  const times = { ours: [], plain: [] }
  for (let round = 0; round <= rounds; round++) {
    for (const name of inTurn(round)) {
      const { child, started } = start(name, `first-${round}`)
      await painted(child)
      // The first round fills the system's caches.
      if (round > 0) times[name].push(performance.now() - started)
      await end(child)
    }
  }
  return times
}

/**
 * @param {Start} start
 * @param {number} rounds
 * @returns {Promise<Times>}
 */
async function secondLaunches(start, rounds) {
  /** @type {Times} */
  const times = { ours: [], plain: [] }
  const owners = [start('ours', 'second').child, start('plain', 'second').child]
  try {
    await Promise.all(owners.map(painted))
    for (let round = 0; round <= rounds; round++) {
      for (const name of inTurn(round)) {
        const { child, started } = start(name, 'second')
        const [code] = await once(child, 'exit')
        if (code !== 0) throw new Error(`a second launch of ${name} ended with ${code}`)
        if (round > 0) times[name].push(performance.now() - started)
      }
    }
    return times
  } finally {
    for (const owner of owners) await end(owner)
  }
}

/**
 * From spawn to the dialog as the window manager sees it.
 * @param {Start} start
 * @param {Record<string, string>} env
 * @param {number} rounds
 */
async function dialogs(start, env, rounds) {
  Object.assign(process.env, env)
  const { listWindows } = await import('../../scripts/desktop/windows.mjs')
  const owner = start('ours', 'dialog').child
  const times = []
  try {
    await painted(owner)
    for (let round = 0; round < rounds; round++) {
      const { child, started } = start('ours', 'dialog', { LAUNCH_ON_HELD: 'dialog' })
      await waitFor('the dialog', () => listWindows().some(({ pid }) => pid === child.pid) || undefined)
      times.push(performance.now() - started)
      await end(child)
    }
    return times
  } finally {
    await end(owner)
  }
}

/** @param {number} round @returns {('ours' | 'plain')[]} */
const inTurn = (round) => (round % 2 === 0 ? ['ours', 'plain'] : ['plain', 'ours'])

/** @param {import('node:child_process').ChildProcess} child */
async function painted(child) {
  if (!child.stdout) throw new Error('no stdout')
  await once(child.stdout, 'data', { signal: AbortSignal.timeout(30_000) })
}

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** @param {string} what @param {Times} times */
function ratio(what, { ours, plain }) {
  say(`${what}: ours ${text(ours)}, plain ${text(plain)}`)
  return Number((median(ours) / median(plain)).toFixed(3))
}

/** @param {number[]} times */
const text = (times) => `${median(times).toFixed(0)} ms (${Math.min(...times).toFixed(0)} at best)`

/** @param {number[]} times */
const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`)
