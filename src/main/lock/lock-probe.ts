import { lstatSync } from 'node:fs'
import { accessFailureOf, DataDirUnusableError } from '../directory/errors.ts'
import { loadFlock } from '../platform/flock.ts'
import { guardPathsOf } from './directory-guard.ts'
import { isTransient } from './errors.ts'
import { isFileLocked } from './lock-file.ts'

/**
 * The part of a data directory that is locked: the lock file, or only the directory's guard (another name, a removed
 * lock file).
 */
export type LockedThrough = 'lock-file' | 'directory'

/**
 * Tries the locks of a data directory and releases them at once. Creates nothing.
 *
 * @returns what another process holds; undefined if both locks were free.
 * @throws {DataDirUnusableError} also if this user may not search the directory, because there may be a lock that is held.
 * @throws {LockUnsupportedError} {NativeModuleError}
 */
export function probeLocks(dir: string, lockPath: string, name: string): LockedThrough | undefined {
  loadFlock()
  const hasLockFile = exists(dir, lockPath)
  if (hasLockFile && isFileLocked(lockPath, name)) return 'lock-file'
  return guardPathsOf(dir).some(isGuardLocked) ? 'directory' : undefined

  function isGuardLocked(path: string): boolean {
    try {
      return isFileLocked(path, name)
    } catch (error) {
      if (isTransient(error)) throw error
      const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
      if (!hasLockFile && (code === 'EACCES' || code === 'EPERM')) throw unsearchable(dir, lockPath, error)
      // Windows and some filesystems lock no directories. The lock file has answered.
      return false
    }
  }
}

function exists(dir: string, lockPath: string): boolean {
  try {
    return lstatSync(lockPath, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    throw unsearchable(dir, lockPath, error)
  }
}

function unsearchable(dir: string, lockPath: string, cause: unknown): DataDirUnusableError {
  return new DataDirUnusableError(dir, cause as NodeJS.ErrnoException, {
    access: accessFailureOf([lockPath]),
  })
}
