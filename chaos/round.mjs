// @ts-check
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withResolvers } from '../scripts/resolvers.mjs'
import { judge, testify } from './witness.mjs'

/** @typedef {import('./contender.mjs').Report} Report */
/** @typedef {import('./pool.mjs').Contender} Contender */
/** @typedef {import('./scenarios.mjs').Plan} Plan */

/** The data directory of a run, other paths to it, and what lies beside it; `mounted` where mounting is allowed. */
/** @typedef {{ dir: string, alias: string, mounted?: string | undefined, witness: string }} Places */

/** What the package's test kit does to a lock file. */
/** @typedef {Pick<typeof import('../src/main/testing/api.ts'), 'unlinkLockFile' | 'replaceLockFile'>} Damage */

/** What an order carries besides the plan. */
/** @typedef {Partial<import('./hostile/contender.mjs').HostileTask>} More */

/**
 * @typedef {object} Outcome
 * @property {number} acquisitions
 * @property {number} contentions
 * @property {number} kills
 * @property {number} stops
 * @property {number} unlinks lock files that were removed or replaced
 * @property {string[]} overlaps
 * @property {number[]} waits
 * @property {string[]} errors what must not happen in a round: a refusal that is not contention, a process that ended by
 *   itself, a line that no process writes, a round without an end
 * @property {string} testimony
 */

// Far above the bound of a wait. A slow round fails by that bound. This limit is for a round that never ends.
const roundLimit = 15_000

/**
 * Plays one round and reads the witness.
 * @param {Plan} plan
 * @param {Contender[]} contenders
 * @param {Places} places
 * @param {Damage} damage
 * @param {More} [more]
 * @returns {Promise<Outcome>}
 */
export async function playRound(plan, contenders, places, damage, more = {}) {
  const round = new Round(plan, contenders, places, damage, more)
  return round.play()
}

class Round {
  #plan
  #contenders
  #places
  #damage
  #more
  #contentions = 0
  #kills = 0
  #stops = 0
  #unlinks = 0
  /** @type {string[]} */
  #errors = []
  /** @type {number[]} */
  #childPids = []
  /** @type {import('../scripts/resolvers.mjs').PromiseWithResolversOf<Contender>} */
  #firstOwner = withResolvers()
  /** @type {import('../scripts/resolvers.mjs').PromiseWithResolversOf<void>} */
  #falselyKilled = withResolvers()

  /**
   * @param {Plan} plan
   * @param {Contender[]} contenders
   * @param {Places} places
   * @param {Damage} damage
   * @param {More} more
   */
  constructor(plan, contenders, places, damage, more) {
    this.#plan = plan
    this.#contenders = contenders
    this.#places = places
    this.#damage = damage
    this.#more = more
  }

  /** @returns {Promise<Outcome>} */
  async play() {
    writeFileSync(this.#places.witness, '')
    const ends = this.#contenders.map((contender, index) => this.#start(contender, index))
    const limit = new AbortController()
    const tooLate = sleep(roundLimit, 'too late', { signal: limit.signal }).catch(() => undefined)
    const allEnded = Promise.all(ends).then(() => undefined)
    const finished = Promise.all([this.#happening(allEnded), allEnded])
    if ((await Promise.race([finished, tooLate])) === 'too late') {
      this.#errors.push(`no end after ${roundLimit} ms`)
      for (const contender of this.#contenders) contender.signal('SIGKILL')
    }
    limit.abort()
    for (const pid of this.#childPids) process.kill(pid, 'SIGKILL')
    const testimony = readFileSync(this.#places.witness, 'utf8')
    const { unreadable, ...verdict } = judge(testimony)
    return {
      ...verdict,
      contentions: this.#contentions,
      kills: this.#kills,
      stops: this.#stops,
      unlinks: this.#unlinks,
      errors: [...this.#errors, ...unreadable.map((line) => `no process writes a line like this: ${line}`)],
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
    const { round, scenario, holds, victim } = this.#plan
    /** @type {Promise<void>} */
    const end = new Promise((resolve) => {
      /** @param {Report} report */
      const hear = (report) => {
        if (report.type === 'ready' || report.round !== round) return
        if (report.type === 'owner') this.#meetOwner(contender, report)
        else if (report.type === 'done') {
          this.#contentions += report.contentions
          if (report.error) this.#errors.push(report.error)
          finish()
        }
      }
      const lose = () => {
        if (!contender.isKilled) this.#errors.push(`${contender.pid} ended without being killed`)
        finish()
      }
      const finish = () => {
        contender.off('report', hear)
        contender.off('gone', lose)
        resolve()
      }
      contender.on('report', hear)
      contender.on('gone', lose)
    })
    const order = /** @type {const} */ ({
      ...this.#more,
      type: 'contend',
      round,
      dir: this.#spelling(index),
      witness: this.#places.witness,
      hold: holds[index] ?? 0,
      firstWaits: victim === 'owner',
      withChild: scenario === 'child',
      withoutLock: scenario === 'broken' || scenario === 'broken-kill',
    })
    // Its successors start when it is recorded as killed. Only a look at the process shows that it still runs.
    if (scenario === 'broken-kill' && index > 0)
      void this.#falselyKilled.promise.then(() => contender.tell(order))
    else contender.tell(order)
    return end
  }

  /** @param {number} index */
  #spelling(index) {
    const { dir, alias, mounted = dir } = this.#places
    if (this.#plan.scenario !== 'alias') return dir
    return [alias, mounted, `${dir}/../data/`, join(alias, '.')][index % 4] ?? dir
  }

  /**
   * @param {Contender} contender
   * @param {Report & { type: 'owner' }} report
   */
  #meetOwner(contender, { isFirst, childPid }) {
    if (childPid !== undefined) this.#childPids.push(childPid)
    if (isFirst) this.#firstOwner.resolve(contender)
  }

  /** @param {Promise<undefined>} allEnded resolved when all have ended, so that there is no first owner */
  async #happening(allEnded) {
    const { scenario, victim, signal, isDamageFirst, gap, delay, aftermath } = this.#plan
    if (victim === undefined) return
    const owner = victim === 'owner' ? await Promise.race([this.#firstOwner.promise, allEnded]) : undefined
    if (victim === 'owner' && !owner) return
    const contender = owner ?? this.#contenders[Number(victim)]
    await sleep(delay)
    const harms = [() => this.#damageLockFile(), () => this.#signal(contender)]
    for (const harm of isDamageFirst ? harms : harms.toReversed()) {
      harm()
      await sleep(gap)
    }
    if (scenario === 'broken-kill') {
      testify(this.#places.witness, 'killing', contender?.pid ?? 0)
      this.#falselyKilled.resolve()
    }
    // The others race at once, or after the first owner has ended.
    const race = owner && signal !== 'SIGKILL' ? undefined : this.#damageLockFileAgain()
    if (signal !== 'SIGKILL') {
      await sleep(aftermath)
      if (signal === 'SIGSTOP') contender?.signal('SIGCONT')
      owner?.tell({ type: 'go-on', round: this.#plan.round })
    }
    await (race ?? this.#damageLockFileAgain())
  }

  /** @param {Contender | undefined} contender */
  #signal(contender) {
    const { signal } = this.#plan
    if (!contender || !signal) return
    if (signal === 'SIGSTOP') this.#stops++
    else {
      this.#kills++
      testify(this.#places.witness, 'killing', contender.pid)
    }
    contender.signal(signal)
  }

  async #damageLockFileAgain() {
    for (const pause of this.#plan.damage ? this.#plan.repeats : []) {
      await sleep(pause)
      this.#damageLockFile()
    }
  }

  #damageLockFile() {
    const { damage } = this.#plan
    if (!damage) return
    this.#unlinks++
    if (damage === 'unlink') this.#damage.unlinkLockFile(this.#places)
    else this.#damage.replaceLockFile(this.#places)
  }
}
