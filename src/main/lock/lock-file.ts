import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs'
import { DataDirError } from '../../shared/data-dir-error.ts'
import { isSameFile } from '../directory/data-directory.ts'
import { accessFailureOf, DataDirUnusableError, LockUnsupportedError } from '../directory/errors.ts'
import { setFileMode } from '../directory/file-mode.ts'
import { filesystemOf } from '../directory/filesystem.ts'
import { tryFlock, unlockAndClose } from '../platform/flock.ts'
import { thisPlatform } from '../platform/this-platform.ts'
import { blockThread } from '../runtime/block-thread.ts'

// In each failed attempt another program has replaced the file between open and lock. Five in a row are not a
// coincidence.
const attempts = 5
// Another member of the group has just created the file, and gives it to the group microseconds later.
const sharingMs = 2

/** A lock file that this process has locked. */
export interface FileLock {
  /** The descriptor that holds the lock. Closing it releases the lock. */
  readonly fd: number
  /** The file, as it was when it was locked. */
  readonly opened: BigIntStats
}

/**
 * Opens a lock file (mode 0600, or 0660 in a directory that a group shares; symbolic links refused) and takes its
 * advisory lock, without waiting.
 *
 * This package never unlinks the file: a flock belongs to the inode, so a file that is removed and created again would have
 * a second owner. Another program may remove it, so the inode at the path is checked after locking. If it is another one,
 * the file is opened and locked again.
 *
 * @param group shares the directory; undefined if none does.
 * @returns `'contended'` if another process has the lock.
 * @throws {DataDirUnusableError} if the file cannot be opened for writing, or is not a file.
 * @throws {LockUnsupportedError} if the filesystem has no locks, or grants the same lock to several processes.
 */
export function acquireFileLock(
  path: string,
  name: string,
  group: number | undefined,
): FileLock | 'contended' {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const fd = openLockFile(path, group !== undefined && attempt < attempts)
    if (fd === 'leased') return 'contended'
    if (fd === 'refused') {
      blockThread(sharingMs)
      continue
    }
    try {
      if (tryLock(fd, path, name) !== 'acquired') {
        closeSync(fd)
        return 'contended'
      }
      const opened = fstatSync(fd, { bigint: true })
      if (!opened.isFile()) throw unusableLockFile(path)
      if (isProven(path, opened) || (isAt(path, opened) && isExclusive(opened, path, name))) {
        // A file with a second name may belong to something else. This package must not change its permissions.
        if (opened.nlink === 1n) setFileMode(fd, opened, group)
        return { fd, opened }
      }
    } catch (error) {
      closeSync(fd)
      throw error
    }
    unlockAndClose(fd)
  }
  throw new LockUnsupportedError(path, name, 'something keeps replacing the lock file')
}

/**
 * Whether another process has the lock of a file. It takes a free lock for a moment, and creates nothing.
 *
 * @throws {DataDirUnusableError} if the file cannot be opened.
 * @throws {LockUnsupportedError} if the filesystem has no locks.
 */
export function isFileLocked(path: string, name: string): boolean {
  const fd = openExisting(path)
  if (fd === 'leased') return true
  try {
    return tryLock(fd, path, name) !== 'acquired'
  } finally {
    closeSync(fd)
  }
}

/**
 * @param mayBeRefused returns `'refused'` instead of an error if this user may not open the file.
 * @returns `'leased'` if the kernel has given the file to a client of its NFS server, or to another program with a lease. The
 * kernel asks for the file back, which can take 45 s, and does not wait with O_NONBLOCK (man 2 open).
 */
function openLockFile(path: string, mayBeRefused = false): number | 'leased' | 'refused' {
  try {
    return thisPlatform.openLockFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EAGAIN') return 'leased'
    if (code === 'EACCES' && mayBeRefused) return 'refused'
    throw unusableLockFile(path, error as NodeJS.ErrnoException)
  }
}

/** Creates nothing, follows no symbolic link, and does not wait if a pipe has the lock file's name. */
function openExisting(path: string): number | 'leased' {
  const flags = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  try {
    // NFS turns flock into a record lock, which must be open for writing to be exclusive (man 2 flock).
    return openSync(path, constants.O_RDWR | flags)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 'leased'
    // A directory, or a file that this user may only read. On a local filesystem that is enough.
  }
  try {
    return openSync(path, constants.O_RDONLY | flags)
  } catch (error) {
    throw unusableLockFile(path, error as NodeJS.ErrnoException)
  }
}

const smbTypes = new Set(['cifs', 'smb3', 'smbfs'])

const smbRefusal =
  'SMB lets no other process read a file that is locked, so a later launch could not find the process that has the ' +
  'folder'

/** @returns `'mandatory'` if another process has the lock on SMB, whose locks are mandatory (man 2 flock, CIFS details). */
function tryLock(fd: number, path: string, name: string): 'acquired' | 'contended' | 'mandatory' {
  try {
    return tryFlock(fd)
  } catch (error) {
    if (error instanceof DataDirError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EACCES' && smbTypes.has(filesystemOf(path).name)) return 'mandatory'
    throw new LockUnsupportedError(path, name, `the filesystem says ${message}`, error)
  }
}

function isAt(path: string, opened: BigIntStats): boolean {
  try {
    const there = statSync(path, { bigint: true, throwIfNoEntry: false })
    return there !== undefined && isSameFile(there, opened)
  } catch {
    // The directory cannot be searched any more, or Windows is about to delete the file. Others get the same error.
    return false
  }
}

// The lock files on which the lock was refused to a second descriptor.
const proven = new Map<string, BigIntStats>()

/**
 * Whether this same file was locked and tested before: its inode and its mount have the same answer now, and the test costs
 * more than the lock. A file without a link was removed or replaced after it was opened. A file that is moved away in this
 * moment keeps its link. The watch notices that, as it does later.
 */
function isProven(path: string, opened: BigIntStats): boolean {
  const before = proven.get(path)
  return before !== undefined && opened.nlink > 0n && isSameFile(before, opened)
}

/**
 * Tests that a second descriptor is refused the lock. A mount that grants every lock (NFS with `nolock`, some FUSE) grants
 * that one too.
 *
 * @returns false if the path now leads to another file, on which a second lock proves nothing.
 */
function isExclusive(opened: BigIntStats, path: string, name: string): boolean {
  const second = openLockFile(path)
  if (typeof second !== 'number') return false
  try {
    if (!isSameFile(fstatSync(second, { bigint: true }), opened)) return false
    const answer = tryLock(second, path, name)
    if (answer === 'contended') {
      proven.set(path, opened)
      return true
    }
    const why = answer === 'mandatory' ? smbRefusal : 'the filesystem grants it to every process'
    throw new LockUnsupportedError(path, name, why)
  } finally {
    closeSync(second)
  }
}

/**
 * Returns the error for a lock file that cannot be used. The system's error does not always say why, so the path is
 * checked for something other than a file.
 *
 * @param cause the system's error; undefined if there is none, because a pipe can be opened and locked.
 */
function unusableLockFile(path: string, cause?: NodeJS.ErrnoException): DataDirUnusableError {
  return new DataDirUnusableError(path, cause, {
    use: 'lock file',
    found: noFileAt(path),
    access: accessFailureOf([path]),
  })
}

function noFileAt(path: string): string | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    return stats && !stats.isFile() ? `there is ${kindOf(stats)} of that name` : undefined
  } catch {
    // The system's error says why.
    return undefined
  }
}

function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'a symbolic link'
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a pipe'
  return stats.isSocket() ? 'a socket' : 'a device'
}
