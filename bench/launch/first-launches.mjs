// @ts-check
import { kill, quit, said } from './start.mjs'
import { byVariant, variants } from './variants.mjs'

/**
 * @typedef {object} Times in milliseconds from the start of the process, of one variant in all rounds
 * @property {number[]} window until its window is painted
 * @property {number[]} row until its page shows the first answer of the main process
 */

/** @typedef {Record<import('./variants.mjs').Variant, Times>} TimesOfAll */

/**
 * Starts all variants in turn. Each one has ended before the next one starts.
 * @param {import('./start.mjs').Start} start
 * @param {number} rounds
 * @param {(round: number) => string} placeOf
 */
export async function timeFirstLaunches(start, rounds, placeOf) {
  /** @type {TimesOfAll} */
  const times = byVariant(() => ({ window: [], row: [] }))
  for (let round = 0; round <= rounds; round++) {
    for (const variant of inTurn(variants, round)) {
      const { child, started } = start(variant, placeOf(round))
      try {
        const { painted, answered } = await said(child, 'painted', 'answered')
        await quit(child)
        // Round 0 fills the system's caches, and makes the databases that later rounds find.
        if (round === 0) continue
        times[variant].window.push(painted - started)
        times[variant].row.push(answered - started)
      } finally {
        await kill(child)
      }
    }
  }
  return times
}

/**
 * Changes the order, so that no variant is always the first.
 * @template T
 * @param {readonly T[]} all
 * @param {number} round
 */
export const inTurn = (all, round) => (round % 2 === 0 ? all : all.toReversed())
