// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'

/** @typedef {import('./guest.mjs').Guest} Guest */
/** @typedef {{ code: string, message: string }} Told */

/**
 * A try to own: as apps do by default, with `filesystem: 'refuse'`, or after the lock file was removed.
 * @typedef {'plain' | 'strict' | 'steal'} Try
 */

/** @typedef {{ owned: boolean, refused: Told | undefined }} Answer an owner can still fail to open its database */

/**
 * What one host's app said.
 * @typedef {object} Account
 * @property {Answer} plain
 * @property {Answer} strict
 * @property {Answer} steal
 * @property {Told[]} warnings
 * @property {Told | undefined} lost
 * @property {Told | undefined} writeFailed
 * @property {number} acknowledged rows that the pool said were written
 * @property {number | undefined} longestGap of its main thread, in milliseconds
 */

/** For how long an app may start, in milliseconds. */
export const startLimit = 90_000
const closeLimit = 30_000

/** Runs a script in a guest, from the folder that has the project. */
export const electron = 'cd /project; ELECTRON_RUN_AS_NODE=1 /opt/electron/electron'

/** An app on one of the two hosts. */
export class App {
  /**
   * @param {Guest} guest
   * @param {string} dir
   * @param {string} name of its output
   */
  constructor(guest, dir, name) {
    this.guest = guest
    this.dir = dir
    this.output = `/run/${name}.jsonl`
  }

  /** @param {'second' | ''} [place] */
  async start(place = '') {
    const { guest, dir, output } = this
    await guest.do(`: >${output}; ${electron} guest/app.mjs ${dir} ${output} ${place} \\
      >${output}.log 2>&1 </dev/null & echo $! >${output}.pid`)
  }

  /** The second app makes its next try. */
  async goOn() {
    await this.guest.do(`kill -USR2 $(cat ${this.output}.pid)`)
  }

  /**
   * @param {string[]} events
   * @param {number} limit in milliseconds
   */
  async until(events, limit) {
    const started = performance.now()
    const pattern = events.map((event) => `"event":"${event}"`).join('|')
    while (performance.now() - started < limit) {
      const { code } = await this.guest.run(`grep -qE '${pattern}' ${this.output}`)
      if (code === 0) return true
      await sleep(100)
    }
    return false
  }

  async stop() {
    await this.guest.run(`kill -TERM $(cat ${this.output}.pid)`)
    if (!(await this.until(['closed'], closeLimit)))
      await this.guest.run(`kill -KILL $(cat ${this.output}.pid)`)
  }

  /** @returns {Promise<Account>} */
  async account() {
    const isRow = '"event":"acknowledged"'
    const lines = await this.guest.do(`grep -v '${isRow}' ${this.output} || true`)
    const acknowledged = Number(await this.guest.do(`grep -c '${isRow}' ${this.output} || true`))
    const facts = lines
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
    /** @param {string} event */
    const find = (event) => facts.find((fact) => fact.event === event)
    /** @param {Try} attempt */
    const answerTo = (attempt) => {
      const own = facts.filter((fact) => fact.attempt === attempt)
      const refused = own.find(({ event }) => event === 'refused')
      return { owned: own.some(({ event }) => event === 'owned'), refused }
    }
    return {
      plain: answerTo('plain'),
      strict: answerTo('strict'),
      steal: answerTo('steal'),
      warnings: facts.filter(({ event }) => event === 'warning'),
      lost: find('lost'),
      writeFailed: find('write-failed'),
      acknowledged,
      longestGap: find('closing')?.longestGap,
    }
  }
}
