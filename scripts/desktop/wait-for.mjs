// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Calls a function every 50 ms until it returns a result.
 * @template T
 * @param {string} what names the result in the error
 * @param {() => T | undefined | Promise<T | undefined>} look
 * @param {number} [milliseconds]
 * @returns {Promise<T>}
 */
export async function waitFor(what, look, milliseconds = 75_000) {
  const deadline = performance.now() + milliseconds
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadline)
      throw new Error(`waited ${milliseconds} ms for ${what} without a result`)
    await sleep(50)
  }
}
