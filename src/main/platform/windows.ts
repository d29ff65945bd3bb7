import { constants, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LockPlatform } from './lock-platform.ts'
import { retryWhileBusy } from './retry-while-busy.ts'

// UV_FS_O_EXLOCK, which Node passes on but does not name: opens with a share mode of 0
// (docs.libuv.org/en/v1.x/fs.html#c.UV_FS_O_EXLOCK).
const exclusiveSharing = 0x10000000

const guardName = 'datadir.guard'

/** Windows: a file that nobody else may open is the guard, and the record is beside the lock file. */
export const windows: LockPlatform = {
  /** An open guard is a held one. */
  descriptorsMayRest: false,

  /** There is no O_NOFOLLOW, but to create a symbolic link takes a privilege or the developer mode. */
  openLockFile(path) {
    return retryWhileBusy(() => openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600))
  },

  /**
   * LockFileEx refuses directories. Node opens files so that others may delete them, the lock file too; this one it
   * opens with nothing shared. As long as it is open, nobody can open, rename or delete it
   * (learn.microsoft.com/windows/win32/fileio/creating-and-opening-files).
   */
  guardDirectory(dir) {
    const flags = constants.O_RDWR | constants.O_CREAT | exclusiveSharing
    try {
      // The handles of a killed owner are closed a little later than it is gone; a virus scanner may look in, too.
      return retryWhileBusy(() => openSync(join(dir, guardName), flags, 0o600))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EBUSY') return 'contended'
      // Files may be made here, but not this one: the lock file alone decides.
      if (code === 'EACCES' || code === 'EPERM') return 'unavailable'
      throw error
    }
  },

  /**
   * LockFileEx is mandatory: nobody else could read what the lock covers
   * (learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-lockfileex).
   */
  recordPathOf: (lockPath) => lockPath.replace(/\.lock$/, '.owner.json'),

  openRecord(lockPath) {
    return retryWhileBusy(() => openSync(windows.recordPathOf(lockPath), 'r'))
  },

  /** By rename, which is refused while somebody has the old record open. */
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
