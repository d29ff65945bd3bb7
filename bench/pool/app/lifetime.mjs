// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { median } from '../../statistics.mjs'

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
 * How much the process has grown by an open database whose connections have read, and by each reader more. An
 * estimate: the allocator keeps what an earlier peer gave back, so the median of all rounds is what counts.
 * @param {Peer} peer
 * @param {string} dir
 */
export async function memory(peer, dir) {
  const memoryOpen = await growth(peer, dir)
  if (!peer.hasReaders) return { memoryOpen }
  const [few, many] = [1, 4]
  const memoryReader = ((await growth(peer, dir, many)) - (await growth(peer, dir, few))) / (many - few)
  return { memoryOpen, memoryReader }
}

/**
 * @param {Peer} peer
 * @param {string} dir
 * @param {number} [readers]
 * @returns {Promise<number>} megabytes
 */
async function growth(peer, dir, readers) {
  await sleep(50)
  const before = process.memoryUsage.rss()
  const { operations, close, allOpen } = await peer.open(dir, readers)
  await allOpen?.()
  await Promise.all(Array.from({ length: 64 }, (_, index) => operations.readOne(index + 1)))
  const after = process.memoryUsage.rss()
  await close()
  return (after - before) / 2 ** 20
}
