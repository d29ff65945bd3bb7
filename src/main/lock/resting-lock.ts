import { closeSync, fstatSync } from 'node:fs'
import { tryFlock, unlock } from '../platform/flock.ts'

/** The descriptors of a lock file and of its directory's guard. */
export interface LockDescriptors {
  readonly fd: number
  readonly guard: number
}

interface RestingLock extends LockDescriptors {
  readonly path: string
  readonly directoryId: string
  readonly closing: NodeJS.Immediate
}

let resting: RestingLock | undefined

/**
 * Releases a lock and keeps its descriptors, unlocked, until the event loop's next turn: short tasks that take the lock one
 * after another open and close nothing in between. They are not kept longer, because an open directory keeps its volume from
 * being unmounted.
 */
export function unlockAndRest(path: string, directoryId: string, { fd, guard }: LockDescriptors): void {
  closeResting()
  const closing = setImmediate(closeResting).unref()
  resting = { path, directoryId, fd, guard, closing }
  try {
    // In the reverse order of taking.
    unlock(guard)
    unlock(fd)
  } catch {
    // If the filesystem does not allow unlocking, closing the descriptors releases the lock.
    closeResting()
  }
}

/**
 * Takes a lock again that was released in this turn.
 *
 * @returns undefined if there is none, if another process was faster, or if the file is no longer in its place. Then the
 * descriptors are closed, and the caller opens and takes everything again.
 */
export function relock(path: string, directoryId: string): LockDescriptors | undefined {
  if (resting?.path !== path || resting.directoryId !== directoryId) return undefined
  const { fd, guard, closing } = resting
  try {
    if (tryFlock(fd) === 'acquired' && tryFlock(guard) === 'acquired' && hasName(fd)) {
      clearImmediate(closing)
      resting = undefined
      return { fd, guard }
    }
  } catch {
    // The caller meets the same error, and explains it.
  }
  closeResting()
  return undefined
}

/**
 * A file that was removed or replaced has no name left. A file that was moved away keeps its name: others cannot get in while
 * the guard is held, and the watch soon creates the file again.
 */
function hasName(fd: number): boolean {
  return fstatSync(fd).nlink > 0
}

function closeResting(): void {
  if (!resting) return
  const { fd, guard, closing } = resting
  clearImmediate(closing)
  resting = undefined
  closeSync(guard)
  closeSync(fd)
}
