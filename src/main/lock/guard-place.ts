import { existsSync, readFileSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { inspectFlock } from '../owner/holder.ts'

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

/** Whether users who may not write in a directory may read it. Nothing more is needed to lock it (man 2 flock). */
export function hasReaders({ mode }: Pick<Stats, 'mode'>): boolean {
  return process.platform !== 'win32' && ((mode & 0o060) === 0o040 || (mode & 0o006) === 0o004)
}

/**
 * Whether the kernel names a process that has a directory locked and may write there, as an owner must. Such an owner has a
 * version of this package without the guard's folder, or it started when nobody else could read the directory.
 *
 * @returns false if the kernel names nobody: on other systems, and across PID namespaces. Such an owner notices later, by
 * its watch, that its lock file was replaced.
 */
export function isLockedByWriter(dir: string, permissions: Permissions): boolean {
  const pid = inspectFlock(dir).holder?.pid
  return pid !== undefined && mayWrite(pid, permissions)
}

/**
 * The paths whose lock shows that somebody owns a directory, besides the lock file.
 *
 * @returns none if there is no such directory.
 */
export function guardPathsOf(dir: string): string[] {
  const stats = statSync(dir, { throwIfNoEntry: false })
  if (!stats) return []
  const file = guardFileIn(dir)
  const paths = existsSync(file) ? [file] : []
  return hasReaders(stats) && !isLockedByWriter(dir, stats) ? paths : [...paths, dir]
}

/** The real user id of man 5 proc_pid_status counts: a reader can hand its lock to a program that runs as root. */
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
