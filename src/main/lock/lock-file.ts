import { type BigIntStats, closeSync, fstatSync, statSync } from 'node:fs'
import { DataDirError } from '../../shared/data-dir-error.ts'
import { isSameFile } from '../directory/data-directory.ts'
import { LockUnsupportedError } from '../directory/errors.ts'
import { setOpenFileMode } from '../directory/file-mode.ts'
import { isRefusedBySmb, mandatory } from '../directory/smb.ts'
import { blockThread, tryFlock, unlockAndClose } from '../platform/flock.ts'
import { thisPlatform } from '../platform/this-platform.ts'
import { unusableLockFile } from './unusable-lock-file.ts'

// Each round lost means somebody replaced the file between our open and our lock; five in a row is no accident.
const replacementRounds = 5
// Another member of the group has just made the file, and gives it to the group microseconds later.
const sharingMs = 2

/**
 * Opens a lock file (mode 0600, or 0660 in a directory that a group shares; symbolic links refused) and takes its
 * advisory lock, without waiting.
 *
 * The file is never unlinked, here or anywhere: a flock belongs to the inode, so a file removed and made anew
 * would have a second owner. Where somebody else removed it, the inode under the path is checked again after
 * locking and the lock taken anew.
 *
 * @param group shares the directory, if one does.
 * @returns the descriptor that holds the lock (closing it releases), or `'contended'`.
 * @throws {DataDirUnusableError} when the file cannot be opened for writing, or is none.
 * @throws {LockUnsupportedError} when the filesystem has no locks, or grants them to everybody.
 */
export function lockFile(path: string, name: string, group: number | undefined): number | 'contended' {
  for (let round = 0; round < replacementRounds; round++) {
    const fd = openLockFile(path, group !== undefined && round + 1 < replacementRounds)
    if (fd === 'leased') return 'contended'
    if (fd === 'refused') {
      blockThread(sharingMs)
      continue
    }
    try {
      if (flockOrExplain(fd, path, name) !== 'acquired') {
        closeSync(fd)
        return 'contended'
      }
      const opened = fstatSync(fd, { bigint: true })
      if (!opened.isFile()) throw unusableLockFile(path)
      if (isProven(path, opened) || (isAt(path, opened) && isKeptFromOthers(opened, path, name))) {
        // A file with a second name may belong to something else. This package must not change its permissions.
        if (opened.nlink === 1n) setOpenFileMode(fd, opened, group)
        return fd
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
 * @param mayPass returns `'refused'` instead of an error if this user may not open the file.
 * @returns `'leased'` if the kernel has given the file to a client of its NFS server, or to another program with a lease.
 */
function openLockFile(path: string, mayPass: boolean): number | 'leased' | 'refused'
function openLockFile(path: string): number | 'leased'
function openLockFile(path: string, mayPass = false): number | 'leased' | 'refused' {
  try {
    return thisPlatform.openLockFile(path)
  } catch (error) {
    // The kernel asks for the file back, which can take 45 s, and does not wait with O_NONBLOCK (man 2 open).
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EAGAIN') return 'leased'
    if (code === 'EACCES' && mayPass) return 'refused'
    throw unusableLockFile(path, error as NodeJS.ErrnoException)
  }
}

function flockOrExplain(fd: number, path: string, name: string): 'acquired' | 'contended' | 'mandatory' {
  try {
    return tryFlock(fd)
  } catch (error) {
    if (error instanceof DataDirError) throw error
    if (isRefusedBySmb(error, path)) return 'mandatory'
    throw new LockUnsupportedError(path, name, `the filesystem says ${(error as Error).message}`, error)
  }
}

function isAt(path: string, opened: BigIntStats): boolean {
  const found = statIfThere(path)
  return found !== undefined && isSameFile(found, opened)
}

function statIfThere(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    // The directory cannot be searched any more, or Windows is about to delete the file: others see it no better.
    return undefined
  }
}

// The lock files that this process has seen refuse a second descriptor.
const proven = new Map<string, BigIntStats>()

/**
 * Whether this very file was locked and tested before: neither its inode nor the mount has another answer now, and
 * asking costs more than the lock. Without a link it was removed or replaced since it was opened. One that is moved
 * away in this instant keeps its link: the watch finds that, as it does an instant later.
 */
function isProven(path: string, opened: BigIntStats): boolean {
  const before = proven.get(path)
  return before !== undefined && opened.nlink > 0n && isSameFile(before, opened)
}

/**
 * A mount that grants every lock (NFS with `nolock`, some FUSE) grants a second one on the same file too.
 *
 * @returns false where the path leads to another file by now, on which a second lock says nothing.
 */
function isKeptFromOthers(opened: BigIntStats, path: string, name: string): boolean {
  const second = openLockFile(path)
  if (second === 'leased') return false
  try {
    if (!isSameFile(fstatSync(second, { bigint: true }), opened)) return false
    const answer = flockOrExplain(second, path, name)
    if (answer === 'contended') {
      proven.set(path, opened)
      return true
    }
    if (answer === 'mandatory') throw new LockUnsupportedError(path, name, mandatory)
    throw new LockUnsupportedError(path, name, 'the filesystem grants it to everybody who asks')
  } finally {
    closeSync(second)
  }
}
