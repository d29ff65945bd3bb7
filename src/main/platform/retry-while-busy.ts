import { blockThread } from '../runtime/block-thread.ts'

// 127 ms in all: readers of a record are done in one, and the handles of a killed process are closed in less than 100.
const pauses = [1, 2, 4, 8, 16, 32, 64]

/**
 * Does something with a file that another process has in its hands for a moment: Windows then refuses with a sharing
 * violation (`EBUSY`) or, for a rename, with `EPERM` or `EACCES`.
 *
 * Blocks the thread between the attempts, 127 milliseconds at the most, since the lock is taken synchronously.
 *
 * @throws what the last attempt threw; every other error at once.
 */
export function retryWhileBusy<T>(attempt: () => T): T {
  for (const pause of pauses) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error)) throw error
      blockThread(pause)
    }
  }
  return attempt()
}

function isBusy(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EBUSY' || code === 'EPERM' || code === 'EACCES'
}
