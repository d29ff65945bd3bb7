// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * When something happens to the writer, in milliseconds after it was started, or after it has opened the database.
 * @typedef {{ from: 'start' | 'open', after: number }} Moment
 */

/**
 * @typedef {object} Run
 * @property {Set<string>} committed the groups that the pool reported to the writer as committed
 * @property {boolean} hadOpened
 * @property {string | undefined} lost the code of the error with which it lost the database
 * @property {string | undefined} rescued the file that it saved then
 * @property {number} endedAt
 * @property {string[]} problems
 */

/**
 * Runs a writer until it ends. Something happens to it at one moment.
 * @param {object} what
 * @param {string} what.built the package's `main` folder, compiled
 * @param {string} what.dir
 * @param {string} what.round its name
 * @param {'honest' | 'lying' | 'backup'} what.behavior
 * @param {Moment} what.moment
 * @param {(kill: () => void) => void} what.happen
 * @param {number} [what.patience] milliseconds after which it is killed, because it did not end by itself
 * @returns {Promise<Run>}
 */
export async function runWriter({ built, dir, round, behavior, moment, happen, patience }) {
  const args = [join(import.meta.dirname, 'writer.mjs'), built, dir, round, behavior]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = () => void child.kill('SIGKILL')
  let isLate = false
  const happenLater = () => {
    setTimeout(() => happen(kill), moment.after)
    if (patience) {
      setTimeout(() => {
        isLate = true
        kill()
      }, moment.after + patience).unref()
    }
  }
  if (moment.from === 'start') happenLater()
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal, at: performance.now() }))
  /** @type {Run} */
  const run = {
    committed: new Set(),
    hadOpened: false,
    lost: undefined,
    rescued: undefined,
    endedAt: 0,
    problems: [],
  }
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('+')) run.committed.add(line.slice(1))
    else if (line.startsWith('lost ')) run.lost = line.slice(5)
    else if (line.startsWith('rescued ')) run.rescued = line.slice(8)
    else if (line === 'open') {
      run.hadOpened = true
      if (moment.from === 'open') happenLater()
    }
  }
  const { code, signal, at } = await ended
  run.endedAt = at
  if (isLate) run.problems.push(`the writer did not end within ${patience} ms`)
  else if (signal !== 'SIGKILL' && !(patience && code === 0)) {
    run.problems.push(`the writer ended with ${code ?? signal}`)
  }
  return run
}
