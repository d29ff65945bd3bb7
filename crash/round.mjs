// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import SqliteDatabase from 'better-sqlite3'

/**
 * When the writer is killed, in milliseconds after it was started, or after it has opened the database.
 * @typedef {{ from: 'start' | 'open', after: number }} Moment
 */

/**
 * @typedef {object} Outcome
 * @property {number} acknowledged groups that the writer was told are committed
 * @property {number} unacknowledged groups that are there although the kill came before the answer
 * @property {boolean} hadOpened
 * @property {number} lockFreeAfter milliseconds between the writer's end and the lock being somebody else's
 * @property {string[]} problems
 */

/** One data directory, in which writers are killed one after the other. */
export class Crashes {
  #built
  #dir
  /** What must be in the database, since a writer said so. @type {Set<string>} */
  #committed = new Set()
  #seen = 0

  /**
   * @param {string} built the package's `main` folder, compiled
   * @param {string} dir
   */
  constructor(built, dir) {
    this.#built = built
    this.#dir = dir
  }

  /**
   * @param {string} round its name
   * @param {Moment} moment
   * @param {'honest' | 'lying'} honesty
   * @returns {Promise<Outcome>}
   */
  async play(round, moment, honesty = 'honest') {
    const args = [join(import.meta.dirname, 'writer.mjs'), this.#built, this.#dir, round, honesty]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const killAfter = () => setTimeout(() => child.kill('SIGKILL'), moment.after)
    if (moment.from === 'start') killAfter()
    const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal, at: performance.now() }))
    const before = this.#committed.size
    let hadOpened = false
    for await (const line of createInterface({ input: child.stdout })) {
      if (line !== 'open') this.#committed.add(line)
      else {
        hadOpened = true
        if (moment.from === 'open') killAfter()
      }
    }
    const { code, signal, at } = await ended
    const lockFreeAfter = await this.#takeTheLock(at)
    const { problems, unacknowledged } = this.#inspect()
    if (signal !== 'SIGKILL') problems.push(`the writer was not killed, it ended with ${code ?? signal}`)
    return { acknowledged: this.#committed.size - before, unacknowledged, hadOpened, lockFreeAfter, problems }
  }

  /** @param {number} since */
  async #takeTheLock(since) {
    const { acquireDataDirLock } = /** @type {typeof import('../src/main/lock/data-dir-lock.ts')} */ (
      await import(pathToFileURL(join(this.#built, 'lock', 'data-dir-lock.js')).href)
    )
    // Throws when it is not free: nobody waits for it here.
    const lock = acquireDataDirLock({ dir: this.#dir })
    const after = performance.now() - since
    lock.release()
    return after
  }

  #inspect() {
    /** @type {string[]} */
    const problems = []
    const path = join(this.#dir, 'app.db')
    // Killed before the database was made; then nothing was acknowledged either.
    if (!existsSync(path)) return { problems: this.#missing(new Set()), unacknowledged: 0 }
    const database = new SqliteDatabase(path)
    try {
      const check = database.pragma('integrity_check', { simple: true })
      if (check !== 'ok') problems.push(`integrity_check: ${check}`)
      const hasTable = database.prepare("select 1 from sqlite_master where name = 'row'").get()
      const groups = /** @type {{ group_id: string, group_size: number, count: number }[]} */ (
        hasTable
          ? database
              .prepare(
                'select group_id, max(group_size) as group_size, count(*) as count from row group by group_id',
              )
              .all()
          : []
      )
      for (const { group_id, group_size, count } of groups) {
        if (count !== group_size) problems.push(`${group_id} has ${count} of its ${group_size} rows`)
      }
      problems.push(...this.#missing(new Set(groups.map(({ group_id }) => group_id))))
      const unacknowledged =
        groups.filter(({ group_id }) => !this.#committed.has(group_id)).length - this.#seen
      this.#seen += unacknowledged
      return { problems, unacknowledged }
    } finally {
      database.close()
    }
  }

  /** @param {ReadonlySet<string>} present */
  #missing(present) {
    return [...this.#committed]
      .filter((id) => !present.has(id))
      .map((id) => `${id} was acknowledged and is lost`)
  }
}
