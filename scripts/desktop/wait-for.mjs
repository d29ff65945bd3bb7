// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Looks every 50 ms until there is something.
 * @template T
 * @param {string} what is waited for, for the error
 * @param {() => T | undefined | Promise<T | undefined>} look
 * @param {number} [milliseconds]
 * @returns {Promise<T>}
 */
export async function waitFor(what, look, milliseconds = 20_000) {
  const deadline = performance.now() + milliseconds
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`waited ${milliseconds} ms for ${what}, in vain`)
    await sleep(50)
  }
}
