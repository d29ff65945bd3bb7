// @ts-check
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { judge, testify } from './witness.mjs'

/** @typedef {import('./contender.mjs').Report} Report */
/** @typedef {import('./pool.mjs').Contender} Contender */
/** @typedef {import('./scenarios.mjs').Plan} Plan */

/** The data directory of a run and what lies beside it. */
/** @typedef {{ dir: string, alias: string, witness: string }} Places */

/** What the package's test kit does to a lock file. */
/** @typedef {Pick<typeof import('../src/main/testing/api.ts'), 'unlinkLockFile' | 'replaceLockFile'>} Damage */

/**
 * @typedef {object} Outcome
 * @property {number} acquisitions
 * @property {number} contentions
 * @property {number} kills
 * @property {number} stops
 * @property {number} unlinks lock files removed or replaced
 * @property {string[]} overlaps
 * @property {number[]} waits
 * @property {string[]} errors what no round may show: a refusal that is not contention, a round without an end
 * @property {string} testimony
 */

// Far above the bound on a wait: a round that is slow fails by its bound, this one never ends.
const roundLimit = 15_000

/**
 * Plays one round and hears the witness.
 * @param {Plan} plan
 * @param {Contender[]} contenders
 * @param {Places} places
 * @param {Damage} damage
 * @returns {Promise<Outcome>}
 */
export async function playRound(plan, contenders, places, damage) {
  const round = new Round(plan, contenders, places, damage)
  return round.play()
}

class Round {
  #plan
  #contenders
  #places
  #damage
  #contentions = 0
  #kills = 0
  #stops = 0
  #unlinks = 0
  /** @type {string[]} */
  #errors = []
  /** @type {number[]} */
  #childPids = []
  /** @type {PromiseWithResolversOf<Contender>} */
  #firstOwner = withResolvers()
  /** @type {PromiseWithResolversOf<void>} */
  #falselyKilled = withResolvers()

  /**
   * @param {Plan} plan
   * @param {Contender[]} contenders
   * @param {Places} places
   * @param {Damage} damage
   */
  constructor(plan, contenders, places, damage) {
    this.#plan = plan
    this.#contenders = contenders
    this.#places = places
    this.#damage = damage
  }

  /** @returns {Promise<Outcome>} */
  async play() {
    writeFileSync(this.#places.witness, '')
    const ends = this.#contenders.map((contender, index) => this.#start(contender, index))
    const limit = new AbortController()
    const tooLate = sleep(roundLimit, 'too late', { signal: limit.signal }).catch(() => undefined)
    const finished = Promise.all([this.#happening(), ...ends])
    if ((await Promise.race([finished, tooLate])) === 'too late') {
      this.#errors.push(`no end after ${roundLimit} ms`)
      for (const contender of this.#contenders) contender.signal('SIGKILL')
    }
    limit.abort()
    for (const pid of this.#childPids) process.kill(pid, 'SIGKILL')
    const testimony = readFileSync(this.#places.witness, 'utf8')
    return {
      ...judge(testimony),
      contentions: this.#contentions,
      kills: this.#kills,
      stops: this.#stops,
      unlinks: this.#unlinks,
      errors: this.#errors,
      testimony,
    }
  }

  /**
   * Sends one contender into the race.
   * @param {Contender} contender
   * @param {number} index
   * @returns {Promise<void>} when it has been owner once, or is gone
   */
  #start(contender, index) {
    const { round, scenario, holds } = this.#plan
    /** @type {Promise<void>} */
    const end = new Promise((resolve) => {
      /** @param {Report} report */
      const hear = (report) => {
        if (report.type === 'ready' || report.round !== round) return
        if (report.type === 'owner') this.#meetOwner(contender, report)
        else {
          this.#contentions += report.contentions
          if (report.error) this.#errors.push(report.error)
          finish()
        }
      }
      const finish = () => {
        contender.off('report', hear)
        contender.off('gone', finish)
        resolve()
      }
      contender.on('report', hear)
      contender.on('gone', finish)
    })
    const order = /** @type {const} */ ({
      type: 'contend',
      round,
      dir: this.#spelling(index),
      witness: this.#places.witness,
      hold: holds[index] ?? 0,
      firstWaits: scenario !== 'race' && scenario !== 'kill-anyone',
      withChild: scenario === 'child',
      withoutLock: scenario === 'broken' || scenario === 'broken-kill',
    })
    // Its successors come when it passes for killed: only a look at the process can tell that it is not.
    if (scenario === 'broken-kill' && index > 0)
      void this.#falselyKilled.promise.then(() => contender.tell(order))
    else contender.tell(order)
    return end
  }

  /** @param {number} index */
  #spelling(index) {
    const { dir, alias } = this.#places
    if (this.#plan.scenario !== 'alias') return dir
    return [alias, dir, `${dir}/../data/`, join(alias, '.')][index % 4] ?? dir
  }

  /**
   * @param {Contender} contender
   * @param {Report & { type: 'owner' }} report
   */
  #meetOwner(contender, { isFirst, childPid }) {
    if (childPid !== undefined) this.#childPids.push(childPid)
    if (isFirst) this.#firstOwner.resolve(contender)
  }

  async #happening() {
    const { scenario, delay, aftermath } = this.#plan
    if (scenario === 'race') return
    if (scenario === 'kill-anyone') {
      await sleep(delay)
      this.#kill(this.#contenders[this.#plan.victim])
      return
    }
    const owner = await this.#firstOwner.promise
    await sleep(delay)
    if (scenario === 'kill-owner' || scenario === 'child') {
      this.#kill(owner)
      return
    }
    if (scenario === 'broken-kill') {
      testify(this.#places.witness, 'killing', owner.pid)
      this.#falselyKilled.resolve()
    }
    if (scenario === 'stop-owner') {
      this.#stops++
      owner.signal('SIGSTOP')
    }
    if (scenario === 'unlink' || scenario === 'replace') this.#removeLockFile()
    await sleep(aftermath)
    if (scenario === 'stop-owner') owner.signal('SIGCONT')
    owner.tell({ type: 'go-on', round: this.#plan.round })
    if (scenario === 'unlink' || scenario === 'replace') await this.#removeLockFileAgain()
  }

  /** @param {Contender | undefined} contender */
  #kill(contender) {
    if (!contender) return
    this.#kills++
    testify(this.#places.witness, 'killing', contender.pid)
    contender.signal('SIGKILL')
  }

  /** While the others race for what the first owner leaves. */
  async #removeLockFileAgain() {
    for (const pause of this.#plan.repeats) {
      await sleep(pause)
      this.#removeLockFile()
    }
  }

  #removeLockFile() {
    this.#unlinks++
    if (this.#plan.scenario === 'unlink') this.#damage.unlinkLockFile(this.#places)
    else this.#damage.replaceLockFile(this.#places)
  }
}

/**
 * @template T
 * @typedef {{ promise: Promise<T>, resolve: (value: T) => void }} PromiseWithResolversOf
 */

/**
 * Promise.withResolvers, which Node 20 lacks.
 * @template T
 * @returns {PromiseWithResolversOf<T>}
 */
function withResolvers() {
  /** @type {(value: T) => void} */
  let resolve = () => undefined
  /** @type {Promise<T>} */
  const promise = new Promise((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
