// @ts-check
import { EventEmitter, once } from 'node:events'

/** A long-lived process that takes part in rounds. Emits `report` and, once, `gone`. */
export class Contender extends EventEmitter {
  #child
  #isKilled = false

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    super()
    this.#child = child
    this.#child.on('message', (report) => this.emit('report', report))
    this.#child.on('exit', () => this.emit('gone'))
    // An order was sent to a process that was just killed. Its `gone` follows.
    this.#child.on('error', () => undefined)
    this.ready = Promise.race([once(this, 'report'), once(this, 'gone').then(noStart)])
    // take() reports the error. Before that, the process is not used.
    this.ready.catch(() => undefined)
  }

  get pid() {
    return this.#child.pid ?? 0
  }

  /** Whether the driver has killed it. From that moment on it is not used, even before its end is reported. */
  get isKilled() {
    return this.#isKilled
  }

  get isAlive() {
    return !this.#isKilled && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** @param {import('./contender.mjs').Order | { type: 'end', isAllowed: boolean }} order */
  tell(order) {
    if (this.#child.connected) this.#child.send(order)
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#isKilled ||= signal === 'SIGKILL'
    this.#child.kill(signal)
  }
}

/** @returns {never} */
function noStart() {
  throw new Error('a contender ended before it was ready')
}

/** Keeps more processes than a round needs, so that a killed one is replaced while the next round runs. */
export class ContenderPool {
  /** @type {Contender[]} */
  #contenders = []
  #start
  #size

  /**
   * @param {() => import('node:child_process').ChildProcess} start starts a process that takes part
   * @param {number} size
   */
  constructor(start, size) {
    this.#start = start
    this.#size = size
  }

  /**
   * @param {number} count
   * @returns {Promise<Contender[]>} living ones, ready, the longest alive first
   */
  async take(count) {
    this.#contenders = this.#contenders.filter((contender) => contender.isAlive)
    while (this.#contenders.length < this.#size) this.#contenders.push(new Contender(this.#start()))
    const taken = this.#contenders.slice(0, count)
    await Promise.all(taken.map((contender) => contender.ready))
    return taken
  }

  close() {
    for (const contender of this.#contenders) contender.signal('SIGKILL')
  }
}
