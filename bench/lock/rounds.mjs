// @ts-check
import { median, shuffled } from '../statistics.mjs'

// For the compiler, before anything is counted.
const warmUpRounds = 100

/**
 * Times peers against each other: in every round each runs the same number of operations, in an order drawn anew, so
 * that what else the machine does falls on all of them. Enough operations that the first, which meets the caches as
 * another peer left them, does not decide; few enough that a round is mostly shorter than a slice of the scheduler's.
 * @template {string} Name
 * @param {Record<Name, () => void>} peers one operation each
 * @param {{ rounds: number, operations: number }} size
 * @returns {Record<Name, number>} microseconds an operation, the median of the rounds
 */
export function timeInRounds(peers, { rounds, operations }) {
  const names = /** @type {Name[]} */ (Object.keys(peers))
  const times = names.map((name) => ({ name, run: peers[name], rounds: /** @type {number[]} */ ([]) }))
  for (let round = -warmUpRounds; round < rounds; round++) {
    for (const peer of shuffled(times)) {
      const started = process.hrtime.bigint()
      for (let operation = 0; operation < operations; operation++) peer.run()
      const microseconds = Number(process.hrtime.bigint() - started) / 1000 / operations
      if (round >= 0) peer.rounds.push(microseconds)
    }
  }
  const medians = times.map(({ name, rounds }) => [name, median(rounds)])
  return /** @type {Record<Name, number>} */ (Object.fromEntries(medians))
}
