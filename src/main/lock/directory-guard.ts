import { chmodSync, existsSync, fstatSync, lstatSync, mkdirSync, type Stats, statSync } from 'node:fs'
import { DataDirError } from '../../shared/data-dir-error.ts'
import { explained } from '../../shared/system-failure.ts'
import { type DataDirectory, isSameFile } from '../directory/data-directory.ts'
import { DataDirUnusableError } from '../directory/errors.ts'
import { shareFolder, sharingGroupOf } from '../directory/file-mode.ts'
import { pathIn } from '../directory/names.ts'
import { inspectFlock } from '../owner/holder.ts'
import { statusNumbers } from '../owner/process-stat.ts'
import { unlockAndClose } from '../platform/flock.ts'
import { thisPlatform } from '../platform/this-platform.ts'
import { acquireFileLock } from './lock-file.ts'

/** The directory's guard, shared by all names that this process holds in it. Plain data: see `references`. */
export interface SharedGuard {
  /** What is locked: the directory, or the file in the guard's folder. */
  readonly path: string
  /** undefined if directories cannot be locked. */
  readonly fd: number | undefined
  /** The directory, if it is locked besides the file in the guard's folder. */
  readonly directoryFd?: number | undefined
  /** The number of locks that it guards. Counted here, because they may belong to several copies of this module. */
  references: number
}

/**
 * Guards a directory whose lock file is locked already.
 *
 * The directory itself is locked: it cannot be replaced, and no file besides the lock file is needed in it. If others may
 * read the directory, they can lock it too. Then a file is locked in a folder that they cannot enter, and a lock of the
 * directory counts only if a process has it that may write there. The two together keep a second owner out even if the
 * permissions change while an owner runs, and if the owner is of a version that locks only the directory.
 *
 * @returns the guard, or the path that another process has locked.
 * @throws {DataDirUnusableError} if the system is short of something, or if something else is in the place of the guard.
 * Then nothing is locked, because the guard would be missing.
 */
export function takeGuard(directory: DataDirectory, name: string): SharedGuard | string {
  const { path } = directory
  let file: number | 'contended' | undefined
  let guard: SharedGuard | undefined
  try {
    file = lockGuardFile(directory, name)
    if (file === 'contended') return guardFileIn(path)
    const locked = thisPlatform.guardDirectory(path)
    const isByOwner = () => file === undefined || !hasReaders(directory) || isLockedByWriter(path, directory)
    if (locked === 'contended' && isByOwner()) return path
    const directoryFd = typeof locked === 'number' ? locked : undefined
    guard =
      file === undefined
        ? { path, fd: directoryFd, references: 0 }
        : { path: guardFileIn(path), fd: file, directoryFd, references: 0 }
    return guard
  } catch (error) {
    if (error instanceof DataDirError) throw error
    throw new DataDirUnusableError(path, error as NodeJS.ErrnoException)
  } finally {
    if (!guard && typeof file === 'number') unlockAndClose(file)
  }
}

/** Unlocks and closes what {@link takeGuard} opened, in reverse order. */
export function closeGuard({ fd, directoryFd }: SharedGuard): void {
  for (const open of [directoryFd, fd]) if (open !== undefined) unlockAndClose(open)
}

/**
 * Whether a guard still keeps others from taking it.
 *
 * @param directory with its present permissions.
 * @throws {DataDirUnusableError} and the system's error, as {@link takeGuard} does.
 */
export function isGuarding(guard: SharedGuard, directory: DataDirectory, name: string): boolean {
  const second = takeGuard(directory, name)
  if (typeof second !== 'string') {
    closeGuard(second)
    return false
  }
  if (second === directory.path) return (guard.path === second ? guard.fd : guard.directoryFd) !== undefined
  // Another process may have locked a new file at that path.
  const there = statSync(second, { bigint: true })
  return guard.fd !== undefined && isSameFile(there, fstatSync(guard.fd, { bigint: true }))
}

/**
 * Returns the paths whose lock shows that a process owns a directory, besides the lock file.
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

/** The folder of the guard's file. Others cannot enter it. */
function guardFolderIn(dir: string): string {
  return pathIn(dir, '.datadir-guard')
}

function guardFileIn(dir: string): string {
  return pathIn(guardFolderIn(dir), 'lock')
}

/**
 * @returns undefined if the directory needs no such file and has none, and if none can be created, because this user may not
 * create it or the disk is full. The lock of the directory then decides alone.
 */
function lockGuardFile(directory: DataDirectory, name: string): number | 'contended' | undefined {
  const folder = guardFolderIn(directory.path)
  const group = sharingGroupOf(directory)
  // A folder of root in a user's directory would keep that user out forever.
  const isForAll = () => group !== undefined || directory.uid === process.geteuid?.()
  if (!existsSync(folder) && !(hasReaders(directory) && isForAll() && isCreated(folder))) return undefined
  prepareGuardFolder(folder, directory, group)
  try {
    const locked = acquireFileLock(guardFileIn(directory.path), name, group)
    return locked === 'contended' ? locked : locked.fd
  } catch (error) {
    if (error instanceof DataDirUnusableError && error.reason === 'no-space') return undefined
    throw error
  }
}

const cannotBeCreated = new Set(['EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'])

function isCreated(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 })
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    // Another process created it first.
    if (code === 'EEXIST') return true
    if (cannotBeCreated.has(code)) return false
    throw error
  }
}

/** Users who can write to the directory, or could before its permissions changed, may have put anything there. */
function prepareGuardFolder(folder: string, { uid }: DataDirectory, group: number | undefined): void {
  const stats = lstatSync(folder)
  if (!stats.isDirectory()) {
    const cause = Object.assign(new Error('not a directory'), { code: 'ENOTDIR' })
    throw new DataDirUnusableError(folder, cause, { use: 'folder of the guard' })
  }
  const own = process.geteuid?.()
  if (group !== undefined) shareFolder(folder, group)
  else if (stats.uid !== own && stats.uid !== uid && stats.uid !== 0) {
    const what = `it belongs to user ${stats.uid}`
    const access = { ...explained('no-permission', 'EACCES'), what, remedy: 'Move it away.' }
    const cause = Object.assign(new Error(what), { code: access.code })
    throw new DataDirUnusableError(folder, cause, { use: 'folder of the guard', access })
  } else if (stats.uid === own && (stats.mode & 0o077) !== 0) makePrivate(folder)
}

function makePrivate(folder: string): void {
  try {
    chmodSync(folder, 0o700)
  } catch {
    // A filesystem that has one set of permissions for everything.
  }
}

type Permissions = Pick<Stats, 'mode' | 'uid' | 'gid'>

/** Whether users who may not write in a directory may read it. Nothing more is needed to lock it (man 2 flock). */
function hasReaders({ mode }: Pick<Stats, 'mode'>): boolean {
  return process.platform !== 'win32' && ((mode & 0o060) === 0o040 || (mode & 0o006) === 0o004)
}

/**
 * Whether the kernel names a process that has a directory locked and may write there, as an owner must. Such an owner has a
 * version of this package without the guard's folder, or it started when others could not read the directory.
 *
 * @returns false if the kernel names no process: on other systems, and across PID namespaces. The watch of such an owner
 * later notices that its lock file was replaced.
 */
function isLockedByWriter(dir: string, permissions: Permissions): boolean {
  const pid = inspectFlock(dir).holder?.pid
  return pid !== undefined && mayWrite(pid, permissions)
}

/** The real user id of man 5 proc_pid_status counts: a reader can leave its lock to a program that runs as root. */
function mayWrite(pid: number, { mode, uid, gid }: Permissions): boolean {
  const [user] = statusNumbers(pid, 'Uid')
  if (user === undefined) return false
  if (user === 0 || user === uid || user === process.getuid?.()) return true
  const groups = (mode & 0o020) === 0 ? [] : [...statusNumbers(pid, 'Gid'), ...statusNumbers(pid, 'Groups')]
  return groups.includes(gid) || (mode & 0o002) !== 0
}
