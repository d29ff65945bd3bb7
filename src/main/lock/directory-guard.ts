import { tryFlock, unlockAndClose } from './flock.ts'
import { thisPlatform } from './platform/this-platform.ts'
import { DataDirUnusableError } from './unusable-error.ts'

/** The directory's guard, shared by all names that this process holds in it. Plain data: see `references`. */
export interface SharedGuard {
  /** undefined where directories cannot be locked. */
  readonly fd: number | undefined
  /** How many locks it guards. Counted here, since they may belong to several copies of this module. */
  references: number
}

/**
 * Guards a directory whose lock file is locked already.
 *
 * @param lockFd holds the lock file, and is given up unless this returns a guard to hold with it.
 * @throws {DataDirUnusableError} where the system is short of something; the guard is not done without then.
 */
export function takeGuard(dir: string, lockFd: number): SharedGuard | 'contended' {
  let guard: number | 'contended' | 'unavailable'
  try {
    guard = thisPlatform.guardDirectory(dir, tryFlock)
  } catch (error) {
    unlockAndClose(lockFd)
    throw new DataDirUnusableError(dir, error as NodeJS.ErrnoException)
  }
  if (guard === 'contended') {
    unlockAndClose(lockFd)
    return 'contended'
  }
  return { fd: guard === 'unavailable' ? undefined : guard, references: 0 }
}
