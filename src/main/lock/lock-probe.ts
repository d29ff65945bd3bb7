import { closeSync, constants, lstatSync, openSync } from 'node:fs'
import { accessFailureOf, DataDirUnusableError, LockUnsupportedError } from '../directory/errors.ts'
import { isRefusedBySmb } from '../directory/smb.ts'
import { loadFlock, tryFlock } from '../platform/flock.ts'
import { isTransient } from './errors.ts'
import { guardPathsOf } from './guard-place.ts'
import { unusableLockFile } from './unusable-lock-file.ts'

/** What of a data directory is locked: the lock file, or only the directory's guard (another name, a removed lock file). */
export type LockedThrough = 'lock-file' | 'directory'

/**
 * Tries the locks of a data directory and gives them back at once. Creates nothing.
 *
 * @returns what is held, or undefined if both were free.
 * @throws {DataDirUnusableError} also if this user may not look into the directory, because it may then be held.
 * @throws {LockUnsupportedError} {NativeModuleError}
 */
export function probeLocks(dir: string, lockPath: string, name: string): LockedThrough | undefined {
  loadFlock()
  const hasLockFile = isThere(dir, lockPath)
  if (hasLockFile && isContended(lockPath, name)) return 'lock-file'
  return guardPathsOf(dir).some(isGuardContended) ? 'directory' : undefined

  function isGuardContended(path: string): boolean {
    try {
      return isContended(path, name)
    } catch (error) {
      if (isTransient(error)) throw error
      if (!hasLockFile && isRefusal((error as Error).cause)) throw notToBeLookedAt(dir, lockPath, error)
      // Windows and some filesystems lock no directories; the lock file has answered.
      return false
    }
  }
}

/** @throws {DataDirUnusableError} if the directory may not be searched: there may be a lock file that is held. */
function isThere(dir: string, lockPath: string): boolean {
  try {
    return lstatSync(lockPath, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    throw notToBeLookedAt(dir, lockPath, error)
  }
}

function notToBeLookedAt(dir: string, lockPath: string, cause: unknown): DataDirUnusableError {
  return new DataDirUnusableError(dir, cause as NodeJS.ErrnoException, {
    access: accessFailureOf([lockPath]),
  })
}

function isRefusal(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM'
}

function isContended(path: string, name: string): boolean {
  const fd = openExisting(path)
  if (fd === 'leased') return true
  try {
    return tryFlock(fd) === 'contended'
  } catch (error) {
    if (isRefusedBySmb(error, path)) return true
    throw new LockUnsupportedError(path, name, `the filesystem says ${(error as Error).message}`, error)
  } finally {
    closeSync(fd)
  }
}

/**
 * Never creates, follows no symbolic link, and does not wait at a pipe that has the lock file's name.
 *
 * @returns `'leased'` if the kernel has given the file to a client of its NFS server, or to another program with a lease.
 */
function openExisting(path: string): number | 'leased' {
  const flags = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  try {
    // NFS turns flock into a record lock, which must be open for writing to be exclusive (man 2 flock).
    return openSync(path, constants.O_RDWR | flags)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 'leased'
    // A directory, or one that this user may only read: locally that is enough.
  }
  try {
    return openSync(path, constants.O_RDONLY | flags)
  } catch (error) {
    throw unusableLockFile(path, error as NodeJS.ErrnoException)
  }
}
