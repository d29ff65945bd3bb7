import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Tries again until something succeeds, for two seconds.
 *
 * @param attempt comes to undefined, or throws, as long as it fails.
 * @returns what it came to, and the milliseconds that took.
 */
export async function eventually<T>(
  attempt: () => T | undefined | Promise<T>,
): Promise<{ value: T; waited: number }> {
  const start = performance.now()
  for (;;) {
    const waited = performance.now() - start
    try {
      const value = await attempt()
      if (value !== undefined) return { value, waited }
    } catch (error) {
      if (waited > 2_000) throw error
    }
    if (waited > 2_000) throw new Error('not within two seconds')
    await sleep(5)
  }
}
