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
 * Releases a lock and keeps its descriptors, unlocked, until the event loop's next turn: short tasks that take the
 * lock one after another open and close nothing in between. Not longer, since an open directory keeps its volume from
 * being unmounted.
 */
export function rest(path: string, directoryId: string, { fd, guard }: LockDescriptors): void {
  closeResting()
  try {
    // In the reverse order of taking.
    unlock(guard)
    unlock(fd)
  } catch {
    // Closing releases as well, whatever the filesystem has against unlocking.
    closeSync(guard)
    closeSync(fd)
    return
  }
  resting = { path, directoryId, fd, guard, closing: setImmediate(closeResting).unref() }
}

/**
 * Takes a lock again that was released in this turn.
 *
 * @returns undefined where there is none, where somebody else was faster, or where its file is no longer in its place:
 * then it is taken anew, with all that belongs to it.
 */
export function wake(path: string, directoryId: string): LockDescriptors | undefined {
  if (resting?.path !== path || resting.directoryId !== directoryId) return undefined
  const { fd, guard } = resting
  try {
    if (tryFlock(fd) === 'acquired' && tryFlock(guard) === 'acquired' && hasName(fd)) {
      clearImmediate(resting.closing)
      resting = undefined
      return { fd, guard }
    }
  } catch {
    // Taking it anew meets the same error, and explains it.
  }
  closeResting()
  return undefined
}

/**
 * A file that was removed or replaced since has no name left. One that was moved away keeps its name: while the guard is
 * held nobody else gets in, and the watch soon makes the file anew.
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
