import { existsSync, readFileSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { lookAtLock } from './holder.ts'

type Permissions = Pick<Stats, 'mode' | 'uid' | 'gid'>

const folderName = '.datadir-guard'

/** The folder of a directory's own guard, which nobody else can enter. */
export function guardFolderIn(dir: string): string {
  return join(dir, folderName)
}

/** The file that is locked in it. */
export function guardFileIn(dir: string): string {
  return join(guardFolderIn(dir), 'lock')
}

/** Whether users who may not write in a directory may read it. To lock it takes no more than that (man 2 flock). */
export function hasReaders({ mode }: Pick<Stats, 'mode'>): boolean {
  return process.platform !== 'win32' && ((mode & 0o060) === 0o040 || (mode & 0o006) === 0o004)
}

/**
 * Whether the kernel names a process that has a directory locked and may write there, as an owner must: one of a version
 * of this package without a guard of its own, or one that started when nobody else could read the directory.
 *
 * @returns false where the kernel names nobody: on other systems, and across PID namespaces. What such an owner loses is
 * then noticed by its watch.
 */
export function isLockedByWriter(dir: string, permissions: Permissions): boolean {
  const pid = lookAtLock(dir).holder?.pid
  return pid !== undefined && mayWrite(pid, permissions)
}

/**
 * The paths whose lock, besides that of the lock file, says that somebody owns a directory.
 *
 * @returns none where there is no such directory.
 */
export function guardPathsOf(dir: string): string[] {
  const stats = statSync(dir, { throwIfNoEntry: false })
  if (!stats) return []
  const file = guardFileIn(dir)
  const paths = existsSync(file) ? [file] : []
  return hasReaders(stats) && !isLockedByWriter(dir, stats) ? paths : [...paths, dir]
}

/** By the real user id of man 5 proc_pid_status: a reader can hand its lock to a program that runs as root. */
function mayWrite(pid: number, { mode, uid, gid }: Permissions): boolean {
  const [user] = idsOf(pid, 'Uid')
  if (user === undefined) return false
  if (user === 0 || user === uid || user === process.getuid?.()) return true
  const groups = (mode & 0o020) === 0 ? [] : [...idsOf(pid, 'Gid'), ...idsOf(pid, 'Groups')]
  return groups.includes(gid) || (mode & 0o002) !== 0
}

function idsOf(pid: number, field: string): number[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const [, ids = ''] = new RegExp(`^${field}:(.*)$`, 'm').exec(status) ?? []
    return ids.split(/\s+/).filter(Boolean).map(Number)
  } catch {
    // Gone, or hidden.
    return []
  }
}
