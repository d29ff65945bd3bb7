// @ts-check
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { median } from '../../statistics.mjs'
import { waitBehindSlow } from './cases.mjs'

/** @typedef {import('./peers.mjs').Peer} Peer */

/**
 * @param {Peer} peer
 * @param {string} dir
 * @param {number} repeats
 */
export async function openAndClose(peer, dir, repeats) {
  /** @type {number[]} */
  const opens = []
  /** @type {number[]} */
  const closes = []
  for (let i = 0; i < repeats; i++) {
    const start = performance.now()
    const { operations, close } = await peer.open(dir)
    await operations.readOne(1)
    opens.push(performance.now() - start)
    const closing = performance.now()
    await close()
    closes.push(performance.now() - closing)
  }
  return { open: median(opens), close: median(closes) }
}

/**
 * What a database that was just opened costs, before and after a small read has had to wait for a slow one: for that, a
 * pool may start one more connection. An estimate: the allocator keeps what an earlier peer gave back, so the median of
 * all rounds is what counts.
 * @param {Peer} peer
 * @param {string} dir
 * @param {number} slowSteps
 */
export async function coldAndWarm(peer, dir, slowSteps) {
  await sleep(50)
  const before = privateMemory()
  const { operations, close } = await peer.open(dir)
  await Promise.all(Array.from({ length: 64 }, (_, index) => operations.readOne(index + 1)))
  const cold = privateMemory()
  const smallReadBehindSlowCold = await waitBehindSlow(operations, slowSteps)
  const warm = privateMemory()
  await close()
  return { smallReadBehindSlowCold, memoryOpen: cold - before, memoryWarm: warm - before }
}

/** In megabytes, without what other processes share. Where there is no /proc, all of it. */
function privateMemory() {
  try {
    const lines = readFileSync('/proc/self/smaps_rollup', 'utf8').matchAll(/^Private_\w+:\s+(\d+) kB/gm)
    return [...lines].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) / 1024
  } catch {
    return process.memoryUsage.rss() / 2 ** 20
  }
}
