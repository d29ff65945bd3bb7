import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import type { LockPlatform } from './lock-platform.ts'

// man 2 flock. A filesystem that locks files but not directories says one of these; NFS and the like turn flock into a
// record lock, which wants a descriptor that can be written (EBADF), or ask a server for it (ENOLCK, which Linux does not
// say of itself, and which this mount has just not said of the lock file).
const noDirectoryLocks = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF', 'ENOLCK'])

const asItIs = constants.O_NOFOLLOW | constants.O_NONBLOCK

const noPermission = new Set(['EACCES', 'EPERM'])

/** Linux and macOS: the directory itself is locked as well, and the record is in the lock file. */
export const posix: LockPlatform = {
  descriptorsMayRest: true,

  /**
   * A symbolic link is refused with `ELOOP`: whoever put it there chose what is locked and written. A pipe of that name is
   * not waited for.
   */
  openLockFile(path) {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | asItIs, 0o600)
  },

  /** A directory with files in it cannot be replaced, and flock takes its descriptor as any other. */
  guardDirectory(dir, tryLock) {
    let fd: number
    try {
      fd = openSync(dir, 'r')
    } catch (error) {
      // A directory without read permission can still hold a lock file.
      if (noPermission.has(codeOf(error))) return 'unavailable'
      throw error
    }
    try {
      if (tryLock(fd) === 'acquired') return fd
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
  writeRecord(_lockPath, fd, bytes) {
    if (fstatSync(fd).nlink > 1) throw Object.assign(new Error('a second hard link'), { code: 'EMLINK' })
    writeSync(fd, bytes, 0, bytes.length, 0)
  },
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}
