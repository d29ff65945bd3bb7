// @ts-check
// The parts of a hostile run besides the contenders: the hostile user, processes of the victim that must not receive a
// signal, and a new data directory for each round.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { playRound } from '../round.mjs'
import { planRound } from '../scenarios.mjs'
import { ownersIn } from '../witness.mjs'
import { damage, isPreciousIntact, makeRoundFolder } from './round-folder.mjs'
import { forkAs, mallory, socketFolder, victim } from './users.mjs'

/** @typedef {import('../pool.mjs').Contender} Contender */
/** @typedef {import('./mallory.mjs').MalloryReport} MalloryReport */

/**
 * @typedef {object} Harm
 * @property {string[]} signalled one line for each signal to a process that has nothing to do with the directory
 * @property {string[]} delivered one line for each launch, or secret of an owner, that a stranger has got
 */

const bystanders = 2
const contendersPatience = 800
// Not a multiple of the number of modes that a data directory can have.
const launchesEvery = 5
const stopLimit = 10_000

export class Company {
  /** Part of every text that no stranger may receive. */
  #mark = `MARK${randomBytes(8).toString('hex')}`
  #start
  #folder
  #witness
  #mallory
  /** @type {import('node:child_process').ChildProcess[]} */
  #bystanders = []
  /** @type {string[]} */
  #signalled = []
  /** Paths of sockets. A contender that gets no answer tries again. @type {Set<string>} */
  #delivered = new Set()
  #handedOver = 0
  #refusals = 0
  /** @type {Map<string, number>} */
  #attacks = new Map()

  /**
   * @param {string} built the package
   * @param {string} execPath a program that other users may run
   * @param {string} folder for the data directories
   * @param {string} witness
   */
  constructor(built, execPath, folder, witness) {
    this.#folder = folder
    this.#witness = witness
    writeFileSync(witness, '', { mode: 0o600 })
    chownSync(witness, victim.uid, victim.gid)
    const script = (/** @type {string} */ name) => join(import.meta.dirname, name)
    this.#start = (/** @type {import('./users.mjs').User} */ user, /** @type {string} */ name) =>
      forkAs(user, execPath, script(name), [built])
    this.#mallory = this.#start(mallory, 'mallory.mjs')
    this.#mallory.on('message', (/** @type {MalloryReport} */ report) => {
      if (report.type === 'mark') this.#delivered.add(report.path)
      if (report.type !== 'stopped') return
      for (const name of report.attacks) this.#attacks.set(name, (this.#attacks.get(name) ?? 0) + 1)
    })
  }

  /** The counts of the run besides overlaps, for its summary. */
  get totals() {
    const attacks = [...this.#attacks].map(([name, count]) => `${name} ${count}`).join(', ')
    return { 'launches taken by owners': this.#handedOver, 'typed refusals': this.#refusals, attacks }
  }

  startContender() {
    const child = this.#start(victim, 'contender.mjs')
    child.on('message', (/** @type {any} */ report) => {
      if (report.type === 'handed-over') this.#handedOver++
      if (report.type === 'done') this.#refusals += report.refusals.length
      if (report.type === 'may-end')
        child.send({ type: 'end', isAllowed: !ownersIn(this.#witness).includes(report.pid) }, () => undefined)
    })
    return child
  }

  async #fillUp() {
    this.#bystanders = this.#bystanders.filter(
      ({ exitCode, signalCode }) => (exitCode ?? signalCode) === null,
    )
    while (this.#bystanders.length < bystanders) {
      const child = this.#start(victim, 'bystander.mjs')
      await once(child, 'message')
      child.on('message', (signal) => this.#signalled.push(`${signal} to ${child.pid}`))
      child.on('exit', (_, signal) => this.#signalled.push(`end of ${child.pid} by ${signal}`))
      this.#bystanders.push(child)
    }
  }

  /**
   * Checks that harm is detected. Otherwise no other round means anything.
   * @returns {Promise<boolean>}
   */
  async check() {
    const folder = makeRoundFolder(this.#folder, 0, 0)
    await this.#fillUp()
    process.kill(this.#bystanders[0]?.pid ?? 0, 'SIGTERM')
    await this.#begin(folder, 0, true)
    const socket = join(folder.tmp, 'check.sock')
    this.#mallory.send({ type: 'listen', path: socket, mark: this.#mark })
    await waitUntil(() => this.#knock(socket))
    await this.#stop()
    rmSync(folder.path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
    const { signalled, delivered } = this.#harm()
    return signalled.length > 0 && delivered.length > 0
  }

  /** @param {string} path */
  async #knock(path) {
    createConnection(path)
      .on('error', () => undefined)
      .end(this.#mark)
    await sleep(20)
    return this.#delivered.size > 0
  }

  /**
   * Plays one round in a data directory of its own.
   * @param {import('../scenarios.mjs').Plan} plan
   * @param {number} seed
   * @param {Contender[]} contenders
   */
  async playRound(plan, seed, contenders) {
    const folder = makeRoundFolder(this.#folder, plan.round, seed)
    await this.#fillUp()
    // In these rounds the hostile user does not attack, no process is killed or stopped, and the lock file stays. Without
    // them hardly any launch arrives, and the other rounds mean little.
    const isForLaunches = plan.round % launchesEvery === 0
    await this.#begin(folder, Math.imul(seed + 1, 0x9e3779b1) ^ plan.round, isForLaunches)
    const calm = planRound(seed, plan.round, 'race')
    const outcome = await playRound(
      isForLaunches ? calm : plan,
      contenders,
      { ...folder, witness: this.#witness },
      damage,
      {
        mark: this.#mark,
        tmp: folder.tmp,
        patience: contendersPatience,
        isForLaunches,
      },
    )
    await this.#stop()
    if (!isPreciousIntact(folder))
      outcome.errors.push('a file of the victim that a link leads to was changed')
    rmSync(folder.path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
    // A contender waits for the hostile user then, not for the lock.
    return { ...outcome, waits: [], ...this.#harm() }
  }

  /** @returns {Harm} */
  #harm() {
    const harm = { signalled: this.#signalled.splice(0), delivered: [...this.#delivered] }
    this.#delivered.clear()
    return harm
  }

  /**
   * @param {import('./round-folder.mjs').RoundFolder} folder
   * @param {number} seed
   * @param {boolean} isQuiet
   */
  async #begin({ dir, tmp, precious }, seed, isQuiet) {
    const victims = this.#bystanders.map(({ pid }) => pid ?? 0)
    this.#mallory.send({ type: 'attack', dir, tmp, precious, seed, victims, isQuiet, mark: this.#mark })
    await this.#hear('under-way')
  }

  async #stop() {
    this.#mallory.send({ type: 'stop' })
    await this.#hear('stopped')
  }

  /** @param {MalloryReport['type']} type */
  async #hear(type) {
    const limit = AbortSignal.timeout(stopLimit)
    for (;;) {
      const [report] = await once(this.#mallory, 'message', { signal: limit }).catch(() => [undefined])
      if (!report) throw new Error('the hostile user does not answer')
      if (report.type === type) return
    }
  }

  close() {
    for (const child of [this.#mallory, ...this.#bystanders]) child.kill('SIGKILL')
    // Made if the hostile user has taken this name in the round's own folder.
    rmSync(join('/tmp', socketFolder), { recursive: true, force: true })
  }
}

/** @param {() => Promise<boolean>} isSo */
async function waitUntil(isSo) {
  for (let tries = 0; tries < 100; tries++) if (await isSo()) return
}
