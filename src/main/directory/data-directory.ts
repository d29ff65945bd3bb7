import { type BigIntStats, mkdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { InvalidOptionError } from '../../shared/data-dir-error.ts'
import { DataDirUnusableError } from './errors.ts'
import { isSameFile } from './same-file.ts'

/** A data directory, told apart by what it is and not by how its path is spelled. */
export interface DataDirectory {
  /** Real path: absolute, symbolic links resolved. */
  readonly path: string
  /** Device and inode; equal for every alias of the same directory. */
  readonly id: string
  /** Its permission bits. */
  readonly mode: number
  /** The id of its owner. */
  readonly uid: number
  /** The id of its group. */
  readonly gid: number
}

// Opening and closing ask for the same directory several times, and resolving a path costs more than its lock.
const known = new Map<string, { directory: DataDirectory; stats: BigIntStats }>()
const knownAtMost = 64

/**
 * Checks a data directory's path: an empty one would be the current directory. Bytes that are not UTF-8 reach JavaScript
 * as U+FFFD, and such a path would be another folder's.
 *
 * @returns the same path.
 * @throws {InvalidOptionError} if there is none, or if it is not UTF-8.
 */
export function checkDir(dir: string): string {
  if (typeof dir !== 'string' || dir === '')
    throw new InvalidOptionError('dir', 'The data directory has no path.', 'Give `dir` the path of a folder.')
  // The current directory may have such a name as well.
  if (!/[\ufffd\p{Cs}]/u.test(resolve(dir))) return dir
  throw new InvalidOptionError(
    'dir',
    `The path of the data directory is not UTF-8: ${JSON.stringify(dir)}.`,
    'Rename the folder, because Node.js cannot name it.',
  )
}

/**
 * Creates the data directory if it is missing (mode 0700, its missing parents too) and identifies it.
 *
 * @param dir any spelling of its path; relative paths are taken from the current directory.
 * @throws {InvalidOptionError} for an empty path, and for one that is not UTF-8.
 * @throws {DataDirUnusableError} when it cannot be created, or something else is at that path.
 */
export function prepareDataDirectory(dir: string): DataDirectory {
  const path = resolve(checkDir(dir))
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    if (found?.isDirectory()) return identify(path, found)
    makeFolders(path)
    return identify(path)
  } catch (error) {
    throw new DataDirUnusableError(path, error as NodeJS.ErrnoException)
  }
}

/** With `recursive`, mkdir reports `ENOENT` for a folder on a read-only filesystem. */
function makeFolders(path: string): void {
  try {
    makeFolder(path)
  } catch (error) {
    const parent = dirname(path)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error
    makeFolders(parent)
    makeFolder(path)
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}

/**
 * Identifies a data directory without creating it.
 *
 * @returns undefined if there is no such directory.
 * @throws {InvalidOptionError} for an empty path, and for one that is not UTF-8.
 * @throws {DataDirUnusableError} if something else is at that path, or on the way there, or it may not be looked at.
 */
export function findDataDirectory(dir: string): DataDirectory | undefined {
  const path = resolve(checkDir(dir))
  try {
    // A link that leads nowhere is no directory either.
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    if (!found) return undefined
    if (!found.isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' })
    return identify(path, found)
  } catch (error) {
    throw new DataDirUnusableError(path, error as NodeJS.ErrnoException)
  }
}

function identify(path: string, found = statSync(path, { bigint: true })): DataDirectory {
  const before = known.get(path)
  if (before && isUnchanged(before, path, found)) return before.directory
  // The native form also settles the case of letters on a case-insensitive volume.
  const real = checkDir(realpathSync.native(path))
  const stats = statSync(real, { bigint: true })
  const directory = {
    path: real,
    id: idOf(stats),
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
  }
  if (known.size >= knownAtMost) known.clear()
  known.set(path, { directory, stats })
  return directory
}

/** What tells one directory from every other while both exist. */
export function idOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}

function isUnchanged(
  { directory, stats }: { directory: DataDirectory; stats: BigIntStats },
  path: string,
  found: BigIntStats,
): boolean {
  const isSame = isSameFile(stats, found) && stats.mode === found.mode
  if (!isSame || stats.uid !== found.uid || stats.gid !== found.gid) return false
  if (directory.path === path) return true
  // An alias may have been turned to the directory's new place, where it has the same inode.
  const there = statSync(directory.path, { bigint: true, throwIfNoEntry: false })
  return there !== undefined && isSameFile(there, found)
}
