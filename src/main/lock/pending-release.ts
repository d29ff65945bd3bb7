import { statSync } from 'node:fs'
import { isSameFile } from '../directory/data-directory.ts'
import { recordOf } from '../owner/owner-record-file.ts'
import type { SharedGuard } from './directory-guard.ts'
import type { FileLock } from './lock-file.ts'
import type { RemoteLockFile } from './remote-lock-file.ts'

/** A lock whose owner has released it while a call to its filesystem had no answer yet. It is still held. */
interface PendingRelease {
  readonly path: string
  readonly directoryId: string
  readonly file: FileLock
  readonly guard: SharedGuard
  readonly remote: RemoteLockFile
  /** Whether another process may have the lock by now. */
  readonly isLost: boolean
  /** Whether its descriptors are being closed. */
  isClosing: boolean
}

let pending: readonly PendingRelease[] = []

/**
 * Releases a lock as soon as its filesystem has answered, and then also the guard if no other lock needs it. Until then this
 * process can take both back: its own call must not keep it out.
 *
 * @param lock counts as one reference of its guard until then.
 */
export function releaseWhenAnswered(lock: Omit<PendingRelease, 'isClosing'>): void {
  const release: PendingRelease = { ...lock, isClosing: false }
  pending = [...pending, release]
  const descriptors = () => {
    if (!pending.includes(release)) return []
    release.isClosing = true
    const { file, guard } = release
    guard.references--
    const ofGuard = guard.references === 0 ? [guard.directoryFd, guard.fd] : []
    return [...ofGuard, file.fd].filter((open) => open !== undefined)
  }
  const end = () => remove(release)
  void lock.remote.close(recordOf(undefined), descriptors).then(end, end)
}

/**
 * Takes a lock back that has not been released yet.
 *
 * @returns undefined if there is none, or if its file has been removed or replaced.
 */
export function cancelRelease(path: string, directoryId: string): PendingRelease | undefined {
  const release = pending.find(
    (other) => isWaiting(other, directoryId) && other.path === path && !other.isLost && isInPlace(other),
  )
  if (!release) return undefined
  remove(release)
  release.guard.references--
  return release
}

/** Returns the guard of a directory that has not been released yet. */
export function guardOfPendingRelease(directoryId: string): SharedGuard | undefined {
  return pending.find((release) => isWaiting(release, directoryId))?.guard
}

/** Whether the descriptors of a directory's lock are being closed in this moment. */
export function isClosing(directoryId: string): boolean {
  return pending.some((release) => release.directoryId === directoryId && release.isClosing)
}

function isWaiting(release: PendingRelease, directoryId: string): boolean {
  return release.directoryId === directoryId && !release.isClosing
}

function isInPlace({ path, file }: PendingRelease): boolean {
  const there = statSync(path, { bigint: true, throwIfNoEntry: false })
  return there !== undefined && isSameFile(there, file.opened)
}

function remove(release: PendingRelease): void {
  pending = pending.filter((other) => other !== release)
}
