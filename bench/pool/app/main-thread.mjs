// @ts-check
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../../statistics.mjs'

const probeInterval = 4

/**
 * How late a timer of the main thread fires while something runs. Node's own monitorEventLoopDelay is a timer of
 * the same kind with a histogram; this one keeps each value, and says how many there were.
 * @param {() => Promise<void>} run
 */
export async function timerDelays(run) {
  /** @type {number[]} */
  const delays = []
  let due = performance.now() + probeInterval
  /** @type {NodeJS.Timeout} */
  let timer
  const probe = () => {
    const now = performance.now()
    delays.push(Math.max(0, now - due))
    due = now + probeInterval
    timer = setTimeout(probe, probeInterval)
  }
  timer = setTimeout(probe, probeInterval)
  await run()
  // A thread that was never given back counts as late, too.
  delays.push(Math.max(0, performance.now() - due))
  clearTimeout(timer)
  return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), max: quantile(delays, 1) }
}

/**
 * Milliseconds of processor time the main thread spent while something ran. The event loop's own utilization
 * cannot tell: Electron waits for events outside of libuv's loop, which therefore never looks idle.
 * @param {() => Promise<void>} run
 */
export async function busyTime(run) {
  // The kernel brings its sum up to date when a thread goes to sleep: man 5 proc, /proc/pid/schedstat.
  await sleep(2)
  const before = mainThreadTime()
  await run()
  await sleep(2)
  return mainThreadTime() - before
}

function mainThreadTime() {
  // The main thread's id is the process's: man 2 gettid. Where there is no /proc, the whole process stands for it.
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ', 1)[0]) / 1e6
  } catch {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e3
  }
}
