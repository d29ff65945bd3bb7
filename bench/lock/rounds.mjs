// @ts-check
import { median, shuffled } from '../statistics.mjs'

// The compiler optimizes the code in these rounds, which do not count.
const warmUpRounds = 100

/**
 * Times peers against each other. In every round, each peer runs the same number of operations, and the order is random, so
 * that other load of the machine affects all of them. There should be so many operations that the first one does not decide,
 * because it meets the caches of another peer, and so few that a round is mostly shorter than a time slice of the scheduler.
 * @template {string} Name
 * @param {Record<Name, () => void>} peers one operation each
 * @param {{ rounds: number, operations: number }} size
 * @returns {Record<Name, number>} microseconds for each operation, the median of the rounds
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
