import { setTimeout as sleep } from 'node:timers/promises'
import type { Contention } from './contention.ts'

const closingPause = 50

/**
 * Waits, without a word, for an owner that is closing: an updater starts the new version while the old one is still
 * closing.
 *
 * @param deadline on the clock of `performance.now()`.
 * @returns whether the lock is this process's now.
 */
export async function isGoneBy(deadline: number, { watch }: Contention): Promise<boolean> {
  while (watch.error.owner?.state === 'quitting' && performance.now() < deadline) {
    if (watch.isFree()) return true
    await sleep(closingPause)
  }
  return watch.isFree()
}
