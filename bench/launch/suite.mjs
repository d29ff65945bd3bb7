// @ts-check
// npm run bench -- launch [ROUNDS]: the time to the first window and to the first row of a database, compared with the
// smallest app that uses Kysely's own dialect, and with the smallest app that has no database. Both use Electron's own
// single-instance lock. Then the time of a second launch. All apps start in turn, with the same page.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { say } from '../../scripts/say.mjs'
import { figure, quartiles, ratios, spread, tableOf } from './figures.mjs'
import { timeFirstLaunches } from './first-launches.mjs'
import { timeDialogs, timeSecondLaunches } from './second-launches.mjs'
import { starter } from './start.mjs'
import { buildApps } from './variants.mjs'

/** @typedef {import('./first-launches.mjs').TimesOfAll} TimesOfAll */

/** @param {import('../../scripts/bench.mjs').BenchContext} context */
export async function measure({ electronPath, env, built, args }) {
  const rounds = Number(args[0] ?? 30)
  const { apps, remove } = await buildApps(built)
  const folder = mkdtempSync(join(tmpdir(), 'bench-launch-'))
  const start = starter({ electronPath, env, apps, folder })
  try {
    const existing = await timeFirstLaunches(start, rounds, () => 'existing')
    say(`${rounds} rounds with existing data, milliseconds from spawn:\n${tableOf(existing)}`)
    const firstRuns = Math.ceil(rounds / 5)
    const fresh = await timeFirstLaunches(start, firstRuns, (round) => `fresh-${round}`)
    say(`${firstRuns} rounds without data:\n${tableOf(fresh)}`)
    const second = await timeSecondLaunches(start, rounds)
    for (const [name, times] of Object.entries(second))
      say(`second launch to exit, ${name}: ${spread(times)}`)
    say(`time to the dialog: ${spread(await timeDialogs(start, env, Math.min(rounds, 9)))}`)
    say('without data, as ratios:')
    sayRatios(fresh)
    say('with existing data, as ratios:')
    return {
      ...sayRatios(existing),
      secondLaunchVsElectronLock: figure(ratios(second.installed, second.plain)),
    }
  } finally {
    remove()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

/**
 * Prints each ratio. If there are two packagings, each is compared with the peer that is packaged the same way, and the
 * figure is the worse of the two.
 * @param {TimesOfAll} times
 */
function sayRatios(times) {
  /**
   * @param {'window' | 'row'} what
   * @param {...readonly [import('./variants.mjs').Variant, import('./variants.mjs').Variant]} pairs
   */
  const worst = (what, ...pairs) =>
    Math.max(
      ...pairs.map(([ours, theirs]) => {
        const values = ratios(times[ours][what], times[theirs][what])
        const best = Math.min(...times[ours][what]) / Math.min(...times[theirs][what])
        say(
          `  first ${what}, ${ours} / ${theirs}: ${quartiles(values, 3)}, of the best times ${best.toFixed(3)}`,
        )
        return figure(values)
      }),
    )
  const samePackaging = /** @type {const} */ ([
    ['installed', 'sqlite-dialect installed'],
    ['bundled', 'sqlite-dialect bundled'],
  ])
  return {
    firstRowVsSqliteDialect: worst('row', ...samePackaging),
    simpleFirstRowVsSqliteDialect: worst('row', ['simple', 'sqlite-dialect installed']),
    firstWindowVsSqliteDialect: worst('window', ...samePackaging),
    firstWindowVsPlainApp: worst('window', ['installed', 'plain']),
  }
}
