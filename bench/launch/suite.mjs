// @ts-check
// npm run bench -- launch [ROUNDS]: the time that this package adds to a first launch, and the time of a second launch,
// compared with the smallest app that uses Electron's own single-instance lock. All apps start in turn, with the same page.

import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { switches } from '../../scripts/desktop/start-app.mjs'
import { waitFor } from '../../scripts/desktop/wait-for.mjs'
import { bundleCode } from '../../scripts/package-code.mjs'
import { say } from '../../scripts/say.mjs'
import { median } from '../statistics.mjs'
import { bundleApp } from './bundle.mjs'

/** The apps. The ratios compare the first two. */
const variants = /** @type {const} */ (['plain', 'installed', 'bundled', 'simple'])

/** @param {import('../../scripts/bench.mjs').BenchContext} context */
export async function measure({ electronPath, env, built, args }) {
  const rounds = Number(args[0] ?? 80)
  const plain = await bundleApp('plain')
  const bundled = await bundleApp('ours')
  const published = join(built, 'published')
  await bundleCode(published)
  const installed = await bundleApp('ours', published)
  const apps = { plain, installed, bundled, simple: installed }
  const folder = mkdtempSync(join(tmpdir(), 'bench-launch-'))
  /** @type {Start} */
  const start = (name, round, more = {}) => {
    const place = join(folder, round, name)
    const child = spawn(electronPath, [...switches, `--user-data-dir=${place}`, apps[name]], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        ...process.env,
        ...env,
        LAUNCH_DIR: join(place, 'data'),
        LAUNCH_PATTERN: name,
        ...more,
      },
    })
    return { child, started: performance.now() }
  }
  try {
    const first = await firstLaunches(start, rounds)
    const second = await secondLaunches(start, Math.ceil(rounds / 2))
    say(`second launch, spawn to exit: ${texts(second)}`)
    say(`time to the dialog: ${text(await dialogs(start, env, Math.min(rounds, 9)))}`)
    return {
      secondLaunchVsElectronLock: ratio(second),
      firstWindowVsPlainApp: ratio(first),
    }
  } finally {
    for (const app of Object.values(apps)) rmSync(app, { recursive: true, force: true })
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

/**
 * `installed` loads the package as it is published, which is what electron-vite makes of a dependency, and opens its
 * window before the database; `bundled` has the package in its own bundle; `simple` is `installed` with the window
 * after the database.
 * @typedef {(typeof variants)[number]} Variant
 * @typedef {(name: Variant, round: string, more?: Record<string, string>) => { child: import('node:child_process').ChildProcess, started: number }} Start
 * @typedef {Record<Variant, number[]>} Times in milliseconds
 */

/** @returns {Times} */
const noTimes = () => ({ plain: [], installed: [], bundled: [], simple: [] })

/**
 * Each launch has a profile of its own, so that none is the second launch of another.
 * @param {Start} start
 * @param {number} rounds
 * @returns {Promise<Times>}
 */
async function firstLaunches(start, rounds) {
  const times = { painted: noTimes(), answered: noTimes() }
  for (let round = 0; round <= rounds; round++) {
    // The ratio is of the first two.
    for (const name of inTurn(round % 4 === 0 ? variants : variants.slice(0, 2), round)) {
      const { child, started } = start(name, `first-${round}`)
      const said = await bothSaid(child)
      // The first round fills the system's caches.
      if (round > 0) {
        times.painted[name].push(said.painted - started)
        times.answered[name].push(said.answered - started)
      }
      await end(child)
    }
  }
  say(`first launch, spawn to painted: ${texts(times.painted)}`)
  say(`first launch, spawn to the first answer in the page: ${texts(times.answered)}`)
  return times.painted
}

/**
 * @param {Start} start
 * @param {number} rounds
 * @returns {Promise<Times>}
 */
async function secondLaunches(start, rounds) {
  const times = noTimes()
  // A second launch opens no window, so `simple` would be the same.
  const names = /** @type {Variant[]} */ (variants.filter((name) => name !== 'simple'))
  const owners = names.map((name) => start(name, 'second').child)
  try {
    await Promise.all(owners.map(bothSaid))
    for (let round = 0; round <= rounds; round++) {
      for (const name of inTurn(names, round)) {
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
  /** @param {number | undefined} pid */
  const hasWindow = (pid) => listWindows().some((window) => window.pid === pid)
  const owner = start('installed', 'dialog').child
  const times = []
  try {
    await bothSaid(owner)
    for (let round = 0; round < rounds; round++) {
      const { child, started } = start('installed', 'dialog', { LAUNCH_ON_HELD: 'dialog' })
      await waitFor('the dialog', () => hasWindow(child.pid) || undefined)
      times.push(performance.now() - started)
      await end(child)
    }
    return times
  } finally {
    await end(owner)
  }
}

/**
 * Changes the order, so that no app is always the first.
 * @param {readonly Variant[]} names
 * @param {number} round
 */
const inTurn = (names, round) => (round % 2 === 0 ? names : names.toReversed())

/**
 * Returns when an app reported that its window is painted, and that its page has its answer.
 * @param {import('node:child_process').ChildProcess} child
 */
async function bothSaid(child) {
  if (!child.stdout) throw new Error('no stdout')
  const signal = AbortSignal.timeout(30_000)
  /** @type {Record<string, number>} */
  const times = {}
  for await (const [data] of on(child.stdout, 'data', { signal })) {
    for (const word of String(data).trim().split('\n')) times[word] = performance.now()
    const { painted, answered } = times
    if (painted !== undefined && answered !== undefined) return { painted, answered }
  }
  throw new Error('the app printed no further line')
}

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/**
 * Compares the two launches of each round. They follow each other, so a slow moment of the machine affects both.
 * @param {Times} times
 */
const ratio = ({ installed, plain }) =>
  Number(median(installed.map((time, round) => time / (plain[round] ?? Number.NaN))).toFixed(3))

/** @param {Times} times */
const texts = (times) =>
  variants
    .filter((name) => times[name].length > 0)
    .map((name) => `${name} ${text(times[name])}`)
    .join(', ')

/** @param {number[]} times */
const text = (times) => `${median(times).toFixed(0)} ms (${Math.min(...times).toFixed(0)} at best)`
