import { closeSync, openSync } from 'node:fs'
import { tryFlock } from './flock.ts'

/**
 * Locks the directory itself, beside the lock file in it: a directory with files in it cannot be replaced, so a
 * lock file that was deleted under a living owner does not let a second one in.
 *
 * @returns a descriptor that holds the guard (closing it releases), `'contended'`, or `'unavailable'` where
 * directories cannot be locked (Windows, some network filesystems); the lock file still decides there.
 */
export function guardDirectory(dir: string): number | 'contended' | 'unavailable' {
  let fd: number
  try {
    fd = openSync(dir, 'r')
  } catch {
    // Windows opens no directories, and a directory without read permission can still hold a lock file.
    return 'unavailable'
  }
  try {
    if (tryFlock(fd) === 'acquired') return fd
    closeSync(fd)
    return 'contended'
  } catch {
    // EINVAL, ENOTSUP and the like: a filesystem that locks files but not directories.
    closeSync(fd)
    return 'unavailable'
  }
}
