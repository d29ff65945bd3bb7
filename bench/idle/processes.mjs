// @ts-check
// What Linux reports about a process: man proc_pid_status, proc_pid_smaps, and docs.kernel.org/scheduler/sched-stats.html
// for schedstat.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** @typedef {{ name: string, wakeups: number, processor: number }} Thread processor time in milliseconds */

/**
 * @typedef {object} Activity what a process did in a time
 * @property {number} wakeups how often a thread waited. Each wait ended with a wake-up.
 * @property {number} processor milliseconds
 * @property {number} threads how many there are
 * @property {Record<string, number>} wakeupsByThread by the thread's name. Electron names the main thread and all threads of
 * Node.js alike. These have a number, in the order in which they started; the main thread is the first.
 */

/**
 * @param {number} pid
 * @returns {number} megabytes that only this process has in memory
 */
export function privateMemory(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return (numberIn(rollup, 'Private_Clean') + numberIn(rollup, 'Private_Dirty')) / 1024
}

/**
 * @param {number} pid
 * @param {number} milliseconds
 */
export async function watch(pid, milliseconds) {
  const before = threadsOf(pid)
  await sleep(milliseconds)
  return difference(before, threadsOf(pid))
}

/**
 * @param {Map<string, Thread>} before
 * @param {Map<string, Thread>} after
 */
function difference(before, after) {
  /** @type {Activity} */
  const activity = { wakeups: 0, processor: 0, threads: after.size, wakeupsByThread: {} }
  const [main] = after.values()
  let alike = 0
  for (const [id, { name, wakeups, processor }] of after) {
    const more = wakeups - (before.get(id)?.wakeups ?? 0)
    activity.wakeups += more
    activity.processor += processor - (before.get(id)?.processor ?? 0)
    const key = name === main?.name ? `${name} ${++alike}` : name
    activity.wakeupsByThread[key] = (activity.wakeupsByThread[key] ?? 0) + more
  }
  return activity
}

/**
 * @param {number} pid
 * @returns {Map<string, Thread>}
 */
function threadsOf(pid) {
  const folder = `/proc/${pid}/task`
  /** @type {Map<string, Thread>} */
  const threads = new Map()
  for (const id of readdirSync(folder)) {
    try {
      const status = readFileSync(`${folder}/${id}/status`, 'utf8')
      const [nanoseconds] = readFileSync(`${folder}/${id}/schedstat`, 'utf8').split(' ')
      threads.set(id, {
        name: /^Name:\s*(.*)$/m.exec(status)?.[1] ?? '',
        wakeups: numberIn(status, 'voluntary_ctxt_switches'),
        processor: Number(nanoseconds) / 1e6,
      })
    } catch (error) {
      // The thread has ended since it was listed.
      const { code } = /** @type {NodeJS.ErrnoException} */ (error)
      if (code !== 'ENOENT' && code !== 'ESRCH') throw error
    }
  }
  return threads
}

/**
 * @param {string} text
 * @param {string} field
 */
function numberIn(text, field) {
  const value = new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(text)?.[1]
  if (value === undefined) throw new Error(`no ${field} in ${text}`)
  return Number(value)
}
