import { type BigIntStats, mkdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { InvalidOptionError } from '../../shared/data-dir-error.ts'
import { DataDirUnusableError } from './errors.ts'

/** A data directory, identified by device and inode and not by the spelling of its path. */
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

/** A directory that was identified before, with the stats of that time. */
interface Known {
  readonly directory: DataDirectory
  readonly stats: BigIntStats
}

// Opening and closing identify the same directory several times, and resolving a path costs more than its lock.
const known = new Map<string, Known>()
const knownAtMost = 64

/**
 * Checks a data directory's path. An empty path would be the current directory. Bytes that are not UTF-8 reach JavaScript
 * as U+FFFD, and such a path would lead to another folder.
 *
 * @returns the absolute path.
 * @throws {InvalidOptionError} if the path is empty or not UTF-8.
 */
export function checkDir(dir: string): string {
  if (typeof dir !== 'string' || dir === '')
    throw new InvalidOptionError('dir', 'The data directory has no path.', 'Give `dir` the path of a folder.')
  const path = resolve(dir)
  // The current directory may have such a name as well.
  if (!/[\ufffd\p{Cs}]/u.test(path)) return path
  throw new InvalidOptionError(
    'dir',
    `The path of the data directory is not UTF-8: ${JSON.stringify(dir)}.`,
    'Rename the folder. Node.js cannot open a path that is not UTF-8.',
  )
}

/**
 * Creates the data directory if it is missing (mode 0700, its missing parents too) and identifies it.
 *
 * @param dir any spelling of its path. A relative path starts at the current directory.
 * @throws {InvalidOptionError} if the path is empty or not UTF-8.
 * @throws {DataDirUnusableError} if it cannot be created, or something else is at that path.
 */
export function prepareDataDirectory(dir: string): DataDirectory {
  const path = checkDir(dir)
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    if (found?.isDirectory()) return identify(path, found)
    makeFolders(path)
    return identify(path)
  } catch (error) {
    throw new DataDirUnusableError(path, error as NodeJS.ErrnoException)
  }
}

/** The option `recursive` of mkdir is not used, because it reports `ENOENT` on a read-only filesystem. */
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
 * @throws {InvalidOptionError} if the path is empty or not UTF-8.
 * @throws {DataDirUnusableError} if something else is at that path or on the way there, or if the permissions do not allow
 * the call.
 */
export function findDataDirectory(dir: string): DataDirectory | undefined {
  const path = checkDir(dir)
  try {
    // A link whose target does not exist is no directory either.
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
  // The native form also resolves the case of letters on a case-insensitive volume.
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

function isUnchanged({ directory, stats }: Known, path: string, found: BigIntStats): boolean {
  const isSame = isSameFile(stats, found) && stats.mode === found.mode
  if (!isSame || stats.uid !== found.uid || stats.gid !== found.gid) return false
  if (directory.path === path) return true
  // If the directory was moved, an alias may lead to its new path, at which it has the same inode.
  const there = statSync(directory.path, { bigint: true, throwIfNoEntry: false })
  return there !== undefined && isSameFile(there, found)
}

type FileId = Pick<BigIntStats, 'dev' | 'ino'>

/** Returns what is different for any two files or directories that exist at the same time. */
export function idOf({ dev, ino }: FileId): string {
  return `${dev}:${ino}`
}

/** Whether two stats are those of one file. An inode number alone is reused, but not while a process has the file open. */
export function isSameFile(a: FileId, b: FileId): boolean {
  return a.ino === b.ino && a.dev === b.dev
}
