import { setTimeout as sleep } from 'node:timers/promises'
import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { millisecondsOrInfinity } from '../../shared/option-kinds.ts'
import { defaultName, lockPathIn } from '../directory/names.ts'
import { isListed } from '../owner/holder.ts'
import { TestKitError } from './errors.ts'
import type { ProcessOptions } from './kit-process.ts'
import type { LockPlace } from './lock-damage.ts'
import { processOptionChecks, startHolder } from './start-holder.ts'

const pauseMilliseconds = 5

/** How long to wait and, if a second process has to try the lock, the program that runs it. */
export interface WaitUntilFreeOptions extends ProcessOptions {
  /** The time to wait, in milliseconds. Default 10 000. */
  readonly timeout?: number
}

/**
 * Waits until no process holds the lock. On Linux this reads the kernel's list (`/proc/locks`) and touches no file. On other
 * systems a process takes the lock for a moment.
 *
 * @throws {TestKitError} if the lock is still held after the timeout.
 */
export async function waitUntilFree(place: LockPlace, waitOptions: WaitUntilFreeOptions = {}): Promise<void> {
  checkOptions('waitUntilFree', waitOptions, waitOptionChecks)
  const { timeout = 10_000, ...options } = waitOptions
  const isFree = process.platform === 'linux' ? isUnheld : isFreeToTake
  const end = performance.now() + timeout
  while (!(await isFree(place, options))) {
    if (performance.now() > end) {
      throw new TestKitError(
        `${place.dir} is still held after ${timeout} ms.`,
        'Find the process that holds the lock.',
      )
    }
    await sleep(pauseMilliseconds)
  }
}

const waitOptionChecks: OptionChecks<WaitUntilFreeOptions> = {
  ...processOptionChecks,
  timeout: millisecondsOrInfinity,
}

/** Whether the lock file and the directory have no holder. The directory's own lock guards the lock file. */
function isUnheld({ dir, name = defaultName }: LockPlace): boolean {
  return [lockPathIn(dir, name), dir].every((path) => !isListed(path))
}

/** Takes the lock to see whether it is free. Each call starts a process, so this is for systems without a list of locks. */
export async function isFreeToTake(
  { dir, name = defaultName }: LockPlace,
  options: ProcessOptions,
): Promise<boolean> {
  try {
    const holder = await startHolder({ dir, name, ...options })
    await holder.release()
    return true
  } catch (error) {
    if (error instanceof TestKitError && error.reason === 'ERR_DATADIR_LOCKED') return false
    throw error
  }
}
