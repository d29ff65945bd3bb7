import { fstatSync, statSync } from 'node:fs'
import { isSameFile } from '../directory/data-directory.ts'
import { recordOf } from '../owner/owner-record-file.ts'
import type { SharedGuard } from './directory-guard.ts'
import type { RemoteLockFile } from './remote-lock-file.ts'

/** A lock that was released while its filesystem still owed an answer, and that is given up when the answer comes. */
interface LeavingLock {
  readonly path: string
  readonly directoryId: string
  readonly fd: number
  readonly guard: SharedGuard
  readonly remote: RemoteLockFile
  /** Whether somebody else may have it by now. */
  readonly isLost: boolean
  isClosing: boolean
}

const leaving = new Set<LeavingLock>()

/**
 * Gives a lock up as soon as its filesystem has answered, and the guard with it if no other lock needs it then. Until
 * then this process can have both back: its own call must not keep it out.
 *
 * @param lock counts as one reference of its guard until then.
 */
export function leave(lock: Omit<LeavingLock, 'isClosing'>): void {
  const left: LeavingLock = { ...lock, isClosing: false }
  leaving.add(left)
  const descriptors = () => {
    if (!leaving.has(left)) return []
    left.isClosing = true
    const { fd, guard } = left
    guard.references--
    const ofGuard = guard.references === 0 ? [guard.directoryFd, guard.fd] : []
    return [...ofGuard, fd].filter((open) => open !== undefined)
  }
  const end = () => leaving.delete(left)
  void lock.remote.close(recordOf(undefined), descriptors).then(end, end)
}

/**
 * Takes a lock back that has not been given up yet.
 *
 * @returns undefined where there is none, and where its file has been removed or replaced.
 */
export function comeBack(path: string, directoryId: string): LeavingLock | undefined {
  for (const left of leaving) {
    if (left.path !== path || left.directoryId !== directoryId || left.isClosing || left.isLost) continue
    if (!isInPlace(left)) continue
    leaving.delete(left)
    left.guard.references--
    return left
  }
  return undefined
}

function isInPlace({ path, fd }: LeavingLock): boolean {
  const there = statSync(path, { bigint: true, throwIfNoEntry: false })
  return there !== undefined && isSameFile(there, fstatSync(fd, { bigint: true }))
}

/** The guard of a directory that has not been given up yet. */
export function leavingGuard(directoryId: string): SharedGuard | undefined {
  for (const left of leaving) if (left.directoryId === directoryId && !left.isClosing) return left.guard
  return undefined
}

/** Whether the descriptors of a directory's lock are being closed in this moment. */
export function isClosing(directoryId: string): boolean {
  return [...leaving].some((left) => left.directoryId === directoryId && left.isClosing)
}
