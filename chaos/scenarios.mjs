// @ts-check
import { seededRandom, wholeNumber } from './random.mjs'

/** What can happen to a data directory while processes race for it. */
export const scenarios = /** @type {const} */ ([
  'race',
  'kill-owner',
  'kill-anyone',
  'stop-owner',
  'unlink',
  'replace',
  'alias',
  'child',
])

/** Rounds without a lock, to see that the witness sees. */
export const brokenScenarios = /** @type {const} */ (['broken', 'broken-kill'])

// Longer than an owner takes to notice that its lock file is gone and to make it anew. Costs time, so it is rare.
const longAftermath = 1_200
const longAftermathChance = 0.03

/** @typedef {typeof scenarios[number] | typeof brokenScenarios[number]} Scenario */

/**
 * @typedef {object} Plan
 * @property {number} round
 * @property {Scenario} scenario
 * @property {number} contenders
 * @property {number[]} holds milliseconds each contender stays owner
 * @property {number} delay milliseconds from the first acquisition to what happens
 * @property {number} aftermath milliseconds from there until the first owner, if alive, may release
 * @property {number} victim index of a contender
 * @property {number[]} repeats milliseconds after which a removed lock file is removed once more
 */

export const mostContenders = 6

/**
 * Plans a round. Depends on nothing but its arguments, so that a round can be planned again.
 * @param {number} seed
 * @param {number} round
 * @param {Scenario} [only]
 * @returns {Plan}
 */
export function planRound(seed, round, only) {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(round, 0x85ebca6b))
  const drawn = scenarios[wholeNumber(random, 0, scenarios.length - 1)] ?? 'race'
  const contenders = wholeNumber(random, 2, mostContenders)
  return {
    round,
    scenario: only ?? drawn,
    contenders,
    holds: Array.from({ length: contenders }, () => wholeNumber(random, 0, 4)),
    delay: wholeNumber(random, 0, 12),
    aftermath: random() < longAftermathChance ? longAftermath : wholeNumber(random, 4, 24),
    victim: wholeNumber(random, 0, contenders - 1),
    repeats: Array.from({ length: wholeNumber(random, 1, 6) }, () => wholeNumber(random, 0, 5)),
  }
}
