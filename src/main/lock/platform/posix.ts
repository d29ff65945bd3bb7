import { closeSync, constants, openSync, writeSync } from 'node:fs'
import type { LockPlatform } from './lock-platform.ts'

/** Linux and macOS: the directory itself is locked as well, and the record is in the lock file. */
export const posix: LockPlatform = {
  descriptorsMayRest: true,

  /** A symbolic link is refused with `ELOOP`: whoever put it there chose what is locked and written. */
  openLockFile(path) {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  },

  /** A directory with files in it cannot be replaced, and flock takes its descriptor as any other. */
  guardDirectory(dir, tryLock) {
    let fd: number
    try {
      fd = openSync(dir, 'r')
    } catch {
      // A directory without read permission can still hold a lock file.
      return 'unavailable'
    }
    try {
      if (tryLock(fd) === 'acquired') return fd
      closeSync(fd)
      return 'contended'
    } catch {
      // EINVAL, ENOTSUP and the like: a filesystem that locks files but not directories.
      closeSync(fd)
      return 'unavailable'
    }
  },

  openRecord(lockPath) {
    return openSync(lockPath, 'r')
  },

  /** One write of fixed size at offset 0, without truncation: the file is never empty or half new. */
  writeRecord(_lockPath, fd, bytes) {
    writeSync(fd, bytes, 0, bytes.length, 0)
  },
}
