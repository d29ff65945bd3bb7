import { setTimeout as sleep } from 'node:timers/promises'
import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { millisecondsOrInfinity } from '../../shared/option-kinds.ts'
import { defaultName, lockPathIn } from '../directory/names.ts'
import { isListed } from '../owner/holder.ts'
import type { LockPlace } from './damage.ts'
import { TestKitError } from './errors.ts'
import { processOptionChecks, startHolder } from './holder.ts'
import type { ProcessOptions } from './kit-process.ts'

const pauseMilliseconds = 5

/** How long to wait and, where a second process is needed to tell, which program runs it. */
export interface WaitUntilFreeOptions extends ProcessOptions {
  /** For how many milliseconds to wait. Default 10 000. */
  readonly timeout?: number
}

/**
 * Waits until nobody holds the lock. On Linux the kernel is asked (`/proc/locks`) and nothing is touched; elsewhere a
 * process takes the lock for a moment.
 *
 * @throws {TestKitError} when it is still held after the timeout.
 */
export async function waitUntilFree(place: LockPlace, waitOptions: WaitUntilFreeOptions = {}): Promise<void> {
  checkOptions('waitUntilFree', waitOptions, waitOptionChecks)
  const { timeout = 10_000, ...options } = waitOptions
  const isFree = process.platform === 'linux' ? isUnheld : isTakenInPassing
  const end = performance.now() + timeout
  while (!(await isFree(place, options))) {
    if (performance.now() > end) {
      throw new TestKitError(`${place.dir} is still held after ${timeout} ms.`, 'See who holds it.')
    }
    await sleep(pauseMilliseconds)
  }
}

const waitOptionChecks: OptionChecks<WaitUntilFreeOptions> = {
  ...processOptionChecks,
  timeout: millisecondsOrInfinity,
}

/** Neither the lock file nor the directory, whose own lock guards it, has a holder. */
function isUnheld({ dir, name = defaultName }: LockPlace): boolean {
  return [lockPathIn(dir, name), dir].every((path) => !isListed(path))
}

/** Asks by taking the lock. Needs a process each time, so it is for systems where the kernel does not tell. */
export async function isTakenInPassing(place: LockPlace, options: ProcessOptions): Promise<boolean> {
  try {
    const holder = await startHolder({ ...place, ...options })
    await holder.release()
    return true
  } catch (error) {
    if (error instanceof TestKitError && error.reason === 'ERR_DATADIR_LOCKED') return false
    throw error
  }
}
