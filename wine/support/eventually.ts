import { setTimeout as sleep } from 'node:timers/promises'

// For a machine that has other things to do; what is waited for takes milliseconds.
const limit = 10_000

/**
 * Tries again until something succeeds, for ten seconds.
 *
 * @param attempt comes to undefined, or throws, as long as it fails.
 * @returns what it came to, and the milliseconds that took.
 */
export async function eventually<T>(
  attempt: () => T | undefined | Promise<T>,
): Promise<{ value: T; waited: number }> {
  const start = performance.now()
  for (;;) {
    try {
      const value = await attempt()
      if (value !== undefined) return { value, waited: performance.now() - start }
    } catch (error) {
      if (performance.now() - start > limit) throw error
    }
    if (performance.now() - start > limit) throw new Error('not within ten seconds')
    await sleep(5)
  }
}
