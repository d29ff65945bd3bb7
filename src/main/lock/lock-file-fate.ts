import { fstatSync, lstatSync, statSync } from 'node:fs'
import { type DataDirectory, idOf } from './data-directory.ts'
import type { LockFileFate } from './errors.ts'
import { isPassing } from './passing-errors.ts'
import { isSameFile } from './same-file.ts'

/**
 * Finds out what has become of a lock file. Never throws: it is asked from a timer.
 *
 * @param fd the descriptor that holds the lock.
 * @returns undefined where it is in its place, and where the system cannot tell in this moment: the next look will.
 */
export function fateOfLockFile(path: string, fd: number, directory: DataDirectory): LockFileFate | undefined {
  try {
    if (isStillAt(path, fd)) return undefined
  } catch (error) {
    if (isPassing(error)) return undefined
  }
  try {
    const there = statSync(directory.path, { bigint: true, throwIfNoEntry: false })
    if (!there || idOf(there) !== directory.id) return 'directory-gone'
    return lstatSync(path, { throwIfNoEntry: false }) ? 'replaced' : 'removed'
  } catch (error) {
    return isPassing(error) ? undefined : 'unreachable'
  }
}

function isStillAt(path: string, fd: number): boolean {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found !== undefined && isSameFile(found, fstatSync(fd, { bigint: true }))
}
