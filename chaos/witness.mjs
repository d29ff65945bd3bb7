// @ts-check
// The witness does not depend on locks. It is one file for each round. Every owner appends a line when it has the lock and
// a line before it releases the lock. The kernel puts appended lines in one order. So two owners at the same time always
// appear as an `enter` between the `enter` and the `leave` of another process.
//
//   enter PID TIME      a process owns the data directory from here on
//   leave PID TIME      it is about to release
//   killing PID TIME    the driver is about to send SIGKILL
//   alive PID BY        BY has entered, and PID, which was killed, still ran at that moment
//   lost PID TIME       it has lost the lock, and has noticed that
//
// A killed owner writes no `leave`, and the kernel releases its lock before it reports the end to the parent. So the
// successor looks the killed process up in /proc right after its own `enter`, and writes `alive` if it still runs.
import { appendFileSync, readFileSync } from 'node:fs'

// linux/sched.h: set for every thread of a process before the process closes its files.
const exitingFlag = 0x4

/**
 * Milliseconds in which an owner must notice that another process owns the directory too. Only another user who may write
 * there can cause this. An owner checks its lock every 2 s, and each second after a check that failed. It has lost the lock
 * after three such checks.
 */
export const noticeLimit = 6_000

/**
 * @typedef {object} Verdict
 * @property {number} acquisitions
 * @property {string[]} overlaps one sentence each
 * @property {number[]} waits milliseconds from the kill of an owner to the next acquisition
 * @property {string[]} unreadable lines that are not one of the five
 */

/**
 * Milliseconds of the monotonic clock, which all processes of a machine share.
 */
export function now() {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

/**
 * @param {string} path
 * @param {'enter' | 'leave' | 'killing' | 'lost'} what
 * @param {number} pid
 */
export function testify(path, what, pid) {
  appendFileSync(path, `${what} ${pid} ${now()}\n`)
}

/**
 * Enters, and looks for killed owners that still run.
 * @param {string} path
 * @returns {{ isFirst: boolean }} whether this process is the first one in this round
 */
export function enter(path) {
  testify(path, 'enter', process.pid)
  const { inside, killed, first } = replay(readFileSync(path, 'utf8'))
  for (const pid of inside) {
    if (pid !== process.pid && killed.has(pid) && isRunning(pid)) {
      appendFileSync(path, `alive ${pid} ${process.pid}\n`)
    }
  }
  return { isFirst: first === process.pid }
}

/**
 * The processes that own the directory now, except those that were killed.
 * @param {string} path
 */
export function ownersIn(path) {
  const { inside, killed } = replay(readFileSync(path, 'utf8'))
  return [...inside].filter((pid) => !killed.has(pid))
}

/**
 * Reads the file of one round.
 * @param {string} text
 * @returns {Verdict}
 */
export function judge(text) {
  const { acquisitions, overlaps, waits, unreadable } = replay(text)
  return { acquisitions, overlaps: overlaps.map(({ text }) => text), waits, unreadable }
}

/** @param {string} text */
function replay(text) {
  /** @type {Set<number>} */
  const inside = new Set()
  /** @type {Set<number>} */
  const killed = new Set()
  /** @type {{ text: string, other: number, since: number }[]} */
  let overlaps = []
  /** @type {number[]} */
  const waits = []
  /** @type {string[]} */
  const unreadable = []
  /** @type {number | undefined} */
  let first
  /** @type {number | undefined} */
  let killedAt
  let acquisitions = 0
  // Every line ends with a line break, the last one too. A part of a line does not count.
  for (const line of text.split(/(?<=\n)/)) {
    const [, what, pidText, last] = /^(enter|leave|killing|alive|lost) (\d+) ([\d.]+)\n$/.exec(line) ?? []
    const pid = Number(pidText)
    if (what === 'enter') {
      acquisitions++
      first ??= pid
      for (const other of inside) {
        const text = `${pid} became owner while ${other} was`
        if (!killed.has(other)) overlaps.push({ text, other, since: Number(last) })
      }
      if (killedAt !== undefined) waits.push(Number(last) - killedAt)
      killedAt = undefined
      inside.add(pid)
    } else if (what === 'leave') {
      inside.delete(pid)
    } else if (what === 'lost') {
      overlaps = overlaps.filter(({ other, since }) => other !== pid || Number(last) - since > noticeLimit)
      inside.delete(pid)
    } else if (what === 'killing') {
      if (inside.has(pid)) killedAt = Number(last)
      killed.add(pid)
    } else if (what === 'alive') {
      const text = `${last} became owner while ${pid}, killed but not dead, was`
      overlaps.push({ text, other: Number.NaN, since: 0 })
    } else if (line !== '') {
      unreadable.push(line)
    }
  }
  return { inside, killed, overlaps, waits, unreadable, first, acquisitions }
}

/**
 * Whether a process exists and is not about to end.
 * @param {number} pid
 */
function isRunning(pid) {
  // Without /proc, an ended process cannot be distinguished from a sleeping one. The lines still show all other overlaps.
  if (process.platform !== 'linux') return false
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // man 5 proc_pid_stat: after the name in parentheses come state (3rd field) and, 6 on, flags (9th).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return false
    return (Number(fields[6]) & exitingFlag) === 0
  } catch {
    // The process has ended.
    return false
  }
}
