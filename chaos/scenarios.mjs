// @ts-check
import { seededRandom, wholeNumber } from './random.mjs'

/**
 * @typedef {object} Incident
 * @property {'owner' | 'anyone' | 'either'} [victim] the round's first owner, which waits for it; one of the processes,
 *   wherever that is; or which of the two the seed says
 * @property {'SIGKILL' | 'SIGSTOP'} [signal] what it gets
 * @property {'unlink' | 'replace'} [damage] what becomes of the lock file about then, and several times more
 */

/** What can happen to a data directory while processes race for it. */
export const scenarios = /** @type {const} */ ([
  'race',
  'kill-owner',
  'kill-anyone',
  'stop-owner',
  'stop-anyone',
  'unlink',
  'replace',
  'kill-unlink',
  'kill-replace',
  'stop-unlink',
  'stop-replace',
  'alias',
  'child',
])

/** Rounds without a lock, to check that the witness detects overlaps. */
export const brokenScenarios = /** @type {const} */ (['broken', 'broken-kill'])

// Longer than an owner needs to notice that its lock file is gone and to create it again. It takes time, so it is rare.
const longAftermath = 1_200
const longAftermathChance = 0.03

/** @typedef {typeof scenarios[number] | typeof brokenScenarios[number]} Scenario */

/** @type {Record<Scenario, Incident>} */
const incidents = {
  race: {},
  'kill-owner': { victim: 'owner', signal: 'SIGKILL' },
  'kill-anyone': { victim: 'anyone', signal: 'SIGKILL' },
  'stop-owner': { victim: 'owner', signal: 'SIGSTOP' },
  'stop-anyone': { victim: 'anyone', signal: 'SIGSTOP' },
  unlink: { victim: 'owner', damage: 'unlink' },
  replace: { victim: 'owner', damage: 'replace' },
  'kill-unlink': { victim: 'either', signal: 'SIGKILL', damage: 'unlink' },
  'kill-replace': { victim: 'either', signal: 'SIGKILL', damage: 'replace' },
  'stop-unlink': { victim: 'either', signal: 'SIGSTOP', damage: 'unlink' },
  'stop-replace': { victim: 'either', signal: 'SIGSTOP', damage: 'replace' },
  alias: { victim: 'owner' },
  child: { victim: 'owner', signal: 'SIGKILL' },
  broken: { victim: 'owner' },
  'broken-kill': { victim: 'owner' },
}

/**
 * @typedef {object} Plan
 * @property {number} round
 * @property {Scenario} scenario
 * @property {Incident['signal']} signal
 * @property {Incident['damage']} damage
 * @property {number} contenders
 * @property {number[]} holds milliseconds each contender stays owner
 * @property {number} delay milliseconds from the first acquisition, or the beginning, to what happens
 * @property {number} aftermath milliseconds from there until the first owner, if alive, may release
 * @property {'owner' | number | undefined} victim whom it happens to: the first owner, or the contender of that index
 * @property {number[]} repeats milliseconds after which a removed lock file is removed once more
 * @property {boolean} isDamageFirst whether the lock file goes before the signal does
 * @property {number} gap milliseconds between the two
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
  const scenario = only ?? drawn
  const contenders = wholeNumber(random, 2, mostContenders)
  const { victim, signal, damage } = incidents[scenario]
  return {
    round,
    scenario,
    signal,
    damage,
    contenders,
    holds: Array.from({ length: contenders }, () => wholeNumber(random, 0, 4)),
    delay: wholeNumber(random, 0, 12),
    aftermath: random() < longAftermathChance ? longAftermath : wholeNumber(random, 4, 24),
    victim: chooseVictim(victim, random() < 0.5, wholeNumber(random, 0, contenders - 1)),
    repeats: Array.from({ length: wholeNumber(random, 1, 6) }, () => wholeNumber(random, 0, 5)),
    isDamageFirst: random() < 0.5,
    gap: wholeNumber(random, 0, 3),
  }
}

/**
 * @param {Incident['victim']} victim
 * @param {boolean} isOwner where it may be either
 * @param {number} index
 */
function chooseVictim(victim, isOwner, index) {
  if (victim === 'owner' || (victim === 'either' && isOwner)) return 'owner'
  return victim && index
}
