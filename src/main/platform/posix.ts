import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import { tryFlock } from './flock.ts'
import type { LockPlatform } from './lock-platform.ts'

// man 2 flock. A filesystem that locks files but not directories returns one of these. NFS and similar filesystems turn
// flock into a record lock, which requires a writable descriptor (EBADF), or ask a server for it. Linux itself never
// returns ENOLCK, and this mount has not returned it for the lock file.
const noDirectoryLocks = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF', 'ENOLCK'])

const noPermission = new Set(['EACCES', 'EPERM'])

const asItIs = constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Linux and macOS: the directory itself is locked as well, and the record is in the lock file. */
export const posix: LockPlatform = {
  /**
   * A symbolic link is refused with `ELOOP`, because another program would choose the file that is locked and written. If
   * the path is a pipe, the call does not wait for it.
   */
  openLockFile(path) {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | asItIs, 0o600)
  },

  /** A directory with files in it cannot be replaced, and flock accepts its descriptor like any other. */
  guardDirectory(dir) {
    let fd: number
    try {
      fd = openSync(dir, 'r')
    } catch (error) {
      // A directory without read permission can still have a lock file.
      if (noPermission.has(codeOf(error))) return 'unavailable'
      throw error
    }
    try {
      if (tryFlock(fd) === 'acquired') return fd
    } catch (error) {
      closeSync(fd)
      if (noDirectoryLocks.has(codeOf(error))) return 'unavailable'
      throw error
    }
    closeSync(fd)
    return 'contended'
  },

  recordPathOf: (lockPath) => lockPath,

  openRecord(lockPath) {
    return openSync(lockPath, constants.O_RDONLY | asItIs)
  },

  /** One write of fixed size at offset 0, without truncation: the file is never empty or half new. */
  writeRecord(_lockPath, fd, bytes, links) {
    if ((links ?? fstatSync(fd).nlink) > 1)
      throw Object.assign(new Error('a second hard link'), { code: 'EMLINK' })
    writeSync(fd, bytes, 0, bytes.length, 0)
  },
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}
