import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { BackupFailedError } from '../errors/backup-errors.ts'

/**
 * Refuses a copy that does not fit on the disk, before anything is written.
 *
 * @param to where the copy goes.
 * @param bytes how many it needs.
 * @throws {BackupFailedError} with the reason `no-space` and the number of missing bytes.
 */
export function refuseWithoutSpace(to: string, bytes: number): void {
  const missing = bytes - freeBytes(dirname(to))
  if (missing > 0) throw new BackupFailedError(to, 'no-space', undefined, missing)
}

/** @returns Infinity if the filesystem does not report it. A copy that does not fit then fails. */
function freeBytes(folder: string): number {
  try {
    const { bavail, bsize, blocks } = statfsSync(folder)
    // Some network filesystems and FUSE mounts report zero for everything.
    return blocks === 0 ? Infinity : bavail * bsize
  } catch {
    return Infinity
  }
}
