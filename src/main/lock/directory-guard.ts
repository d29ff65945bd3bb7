import { chmodSync, closeSync, existsSync, fstatSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import { DataDirError } from '../../shared/data-dir-error.ts'
import { explained } from '../../shared/system-failure.ts'
import type { DataDirectory } from '../directory/data-directory.ts'
import { isSameFile } from '../directory/data-directory.ts'
import { DataDirUnusableError } from '../directory/errors.ts'
import { shareFolder, sharingGroupOf } from '../directory/file-mode.ts'
import { unlockAndClose } from '../platform/flock.ts'
import { thisPlatform } from '../platform/this-platform.ts'
import { guardFileIn, guardFolderIn, hasReaders, isLockedByWriter } from './guard-place.ts'
import { lockFile } from './lock-file.ts'

/** The directory's guard, shared by all names that this process holds in it. Plain data: see `references`. */
export interface SharedGuard {
  /** What is locked: the directory, or the file in the guard's folder. */
  readonly path: string
  /** undefined if directories cannot be locked. */
  readonly fd: number | undefined
  /** The directory, if it is locked besides the file in the guard's folder. */
  readonly directoryFd?: number | undefined
  /** How many locks it guards. Counted here, since they may belong to several copies of this module. */
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
 * @param lockFd holds the lock file, and is given up unless this returns a guard to hold with it.
 * @returns the guard, or the path that somebody else has locked.
 * @throws {DataDirUnusableError} if the system is short of something, or if something else is in the place of the guard:
 * then nothing is locked, because the guard would be missing.
 */
export function takeGuard(directory: DataDirectory, name: string, lockFd: number): SharedGuard | string {
  try {
    const guard = tryGuards(directory, name)
    if (typeof guard === 'string') unlockAndClose(lockFd)
    return guard
  } catch (error) {
    unlockAndClose(lockFd)
    if (error instanceof DataDirError) throw error
    throw new DataDirUnusableError(directory.path, error as NodeJS.ErrnoException)
  }
}

/** Closes what {@link takeGuard} opened, which releases the guard. */
export function closeGuard({ fd, directoryFd }: SharedGuard): void {
  for (const open of [directoryFd, fd]) if (open !== undefined) closeSync(open)
}

/**
 * Whether a guard still keeps everybody else from locking it.
 *
 * @param directory with its present permissions.
 * @throws {DataDirUnusableError} and the system's error, as {@link takeGuard} does.
 */
export function isGuarding(guard: SharedGuard, directory: DataDirectory, name: string): boolean {
  const again = tryGuards(directory, name)
  if (typeof again !== 'string') {
    closeGuard(again)
    return false
  }
  if (again === directory.path) return (guard.path === again ? guard.fd : guard.directoryFd) !== undefined
  // Somebody may have locked a new file in its place.
  const there = statSync(again, { bigint: true })
  return guard.fd !== undefined && isSameFile(there, fstatSync(guard.fd, { bigint: true }))
}

function tryGuards(directory: DataDirectory, name: string): SharedGuard | string {
  const { path } = directory
  const own = lockOwnFile(directory, name)
  if (own === 'contended') return guardFileIn(path)
  try {
    const whole = thisPlatform.guardDirectory(path)
    if (
      whole === 'contended' &&
      (own === undefined || !hasReaders(directory) || isLockedByWriter(path, directory))
    ) {
      if (own !== undefined) unlockAndClose(own)
      return path
    }
    const directoryFd = typeof whole === 'number' ? whole : undefined
    if (own === undefined) return { path, fd: directoryFd, references: 0 }
    return { path: guardFileIn(path), fd: own, directoryFd, references: 0 }
  } catch (error) {
    if (own !== undefined) unlockAndClose(own)
    throw error
  }
}

/**
 * @returns undefined if the directory needs no such file and has none, and if none can be made, because this user may not
 * make it or the disk is full. The lock of the directory then decides alone.
 */
function lockOwnFile(directory: DataDirectory, name: string): number | 'contended' | undefined {
  const folder = guardFolderIn(directory.path)
  const group = sharingGroupOf(directory)
  // Root's folder in a user's directory would keep that user out for ever after.
  const isForAll = group !== undefined || directory.uid === process.geteuid?.()
  if (!existsSync(folder) && !(isForAll && hasReaders(directory) && isMade(folder))) return undefined
  fitFolder(folder, directory, group)
  try {
    return lockFile(guardFileIn(directory.path), name, group)
  } catch (error) {
    if (error instanceof DataDirUnusableError && error.reason === 'no-space') return undefined
    throw error
  }
}

const cannotBeMade = new Set(['EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'])

function isMade(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 })
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    // Another process was faster.
    if (code === 'EEXIST') return true
    if (cannotBeMade.has(code)) return false
    throw error
  }
}

/** Users who may write in the directory can have put anything there, also before its permissions changed. */
function fitFolder(folder: string, { uid }: DataDirectory, group: number | undefined): void {
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
