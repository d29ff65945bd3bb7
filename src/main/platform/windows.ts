import { constants, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { blockThread } from '../runtime/block-thread.ts'
import type { LockPlatform } from './lock-platform.ts'

// UV_FS_O_EXLOCK, which Node.js passes on but does not name: it opens a file with a share mode of 0
// (docs.libuv.org/en/v1.x/fs.html#c.UV_FS_O_EXLOCK).
const exclusiveSharing = 0x10000000

const guardName = 'datadir.guard'

/** Windows: a file that others cannot open is the guard, and the record is next to the lock file. */
export const windows: LockPlatform = {
  /** Windows has no O_NOFOLLOW, but to create a symbolic link requires a privilege or the developer mode. */
  openLockFile(path) {
    return retryWhileBusy(() => openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600))
  },

  /**
   * LockFileEx refuses directories. Node.js opens files so that others may delete them, also the lock file. It opens the
   * guard without sharing: while it is open, others cannot open, rename or delete it
   * (learn.microsoft.com/windows/win32/fileio/creating-and-opening-files).
   */
  guardDirectory(dir) {
    const flags = constants.O_RDWR | constants.O_CREAT | exclusiveSharing
    try {
      // The system closes the handles of a killed owner a little later. A virus scanner may have the file open, too.
      return retryWhileBusy(() => openSync(join(dir, guardName), flags, 0o600))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EBUSY') return 'contended'
      // This user can create files here but cannot open this one: the lock file alone decides.
      if (code === 'EACCES' || code === 'EPERM') return 'unavailable'
      throw error
    }
  },

  /**
   * LockFileEx is mandatory: others cannot read what the lock covers
   * (learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-lockfileex).
   */
  recordPathOf: (lockPath) => lockPath.replace(/\.lock$/, '.owner.json'),

  openRecord(lockPath) {
    return retryWhileBusy(() => openSync(windows.recordPathOf(lockPath), 'r'))
  },

  /** Renames a new file over the record. Windows refuses that while another process has the old record open. */
  writeRecord(lockPath, _fd, bytes) {
    const path = windows.recordPathOf(lockPath)
    const fresh = `${path}.new`
    try {
      retryWhileBusy(() => writeFileSync(fresh, bytes, { mode: 0o600 }))
      retryWhileBusy(() => renameSync(fresh, path))
    } catch (error) {
      rmSync(fresh, { force: true })
      throw error
    }
  },
}

// 127 ms in all. Readers of a record need one, and the handles of a killed process are closed in less than 100.
const pauses = [1, 2, 4, 8, 16, 32, 64]

const sharingViolations = new Set(['EBUSY', 'EPERM', 'EACCES'])

/**
 * Repeats a call on a file that another process has open for a moment: Windows refuses such a call with a sharing
 * violation (`EBUSY`) or, for a rename, with `EPERM` or `EACCES`. It blocks the thread between the attempts, for 127 ms at
 * most, because the lock is taken synchronously.
 *
 * @throws the last attempt's error. Every other error is thrown at once.
 */
export function retryWhileBusy<T>(attempt: () => T): T {
  for (const pause of pauses) {
    try {
      return attempt()
    } catch (error) {
      if (!sharingViolations.has((error as NodeJS.ErrnoException).code ?? '')) throw error
      blockThread(pause)
    }
  }
  return attempt()
}
