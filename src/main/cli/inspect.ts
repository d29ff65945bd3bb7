import { closeSync, constants, existsSync, openSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DataDirectory, findDataDirectory } from '../lock/data-directory.ts'
import { DataDirUnusableError, LockUnsupportedError } from '../lock/errors.ts'
import { findHolder, type Holder } from '../lock/holder.ts'
import { checkName, lockPathIn } from '../lock/names.ts'
import type { OwnerRecord } from '../lock/owner-record.ts'
import { readRecord } from '../lock/owner-record-file.ts'
import { importNative } from './native.ts'

/** What can be said about a data directory from outside, without owning it and without changing it. */
export interface Inspection {
  /** Real path; of a directory that does not exist yet, the absolute one. */
  readonly dir: string
  readonly exists: boolean
  readonly lockPath: string
  readonly held: boolean
  /** What is locked: the lock file, or only the directory (another name in it, or a removed lock file). */
  readonly through: 'lock-file' | 'directory' | undefined
  /** Who the kernel says it is; undefined where it does not tell. */
  readonly holder: Holder | undefined
  readonly record: OwnerRecord | undefined
  /** Whether the record is the holder's; undefined where there is nothing to compare. */
  readonly recordBelievable: boolean | undefined
}

/**
 * Finds out whether a data directory is held, and by whom.
 *
 * The kernel is asked first, which disturbs nobody. Where it names nobody (it does not for a holder in another
 * container, on some filesystems, and outside Linux) the lock itself is tried for a moment: only that tells.
 *
 * @throws {DataDirUnusableError} where there is something else at that path, or it may not be looked at.
 * @throws {LockUnsupportedError} where the filesystem has no locks.
 * @throws {WrongRuntimeError} where the lock has to be tried and fs-ext cannot be loaded.
 */
export async function inspect(dir: string, name: string): Promise<Inspection> {
  checkName(name)
  const directory = locate(dir)
  if (!directory) {
    const path = resolve(dir)
    const nothing = { through: undefined, holder: undefined, record: undefined, recordBelievable: undefined }
    return { dir: path, exists: false, lockPath: lockPathIn(path, name), held: false, ...nothing }
  }
  const lockPath = lockPathIn(directory.path, name)
  const finding = askKernel(directory.path, lockPath) ?? (await tryLocks(directory.path, lockPath, name))
  const record = readRecord(lockPath)
  return {
    dir: directory.path,
    exists: true,
    lockPath,
    held: finding !== undefined,
    through: finding?.through,
    holder: finding?.holder,
    record,
    recordBelievable: isBelievable(finding, record),
  }
}

type Finding = { through: 'lock-file' | 'directory'; holder: Holder | undefined }

function isBelievable(finding: Finding | undefined, record: OwnerRecord | undefined): boolean | undefined {
  if (!record) return undefined
  // Released records are blanked: one in a free directory was left by an owner that was killed.
  if (!finding) return false
  return finding.holder && finding.holder.pid === record.pid
}

function locate(dir: string): DataDirectory | undefined {
  try {
    const directory = findDataDirectory(dir)
    if (!directory || statSync(directory.path).isDirectory()) return directory
  } catch (error) {
    throw new DataDirUnusableError(resolve(dir), error as NodeJS.ErrnoException)
  }
  throw new DataDirUnusableError(
    resolve(dir),
    Object.assign(new Error('not a directory'), { code: 'ENOTDIR' }),
  )
}

function askKernel(dir: string, lockPath: string): Finding | undefined {
  const holder = findHolder(lockPath)
  if (holder) return { through: 'lock-file', holder }
  const guardian = findHolder(dir)
  return guardian && { through: 'directory', holder: guardian }
}

// Another `status` may be trying in the same instant; an owner stays.
const attempts = 3
const pauseMs = 5

async function tryLocks(dir: string, lockPath: string, name: string): Promise<Finding | undefined> {
  const { tryFlock } = await importNative(() => import('../lock/flock.ts'))
  for (let attempt = 1; ; attempt++) {
    const through = tryBoth(tryFlock, dir, lockPath, name)
    if (!through) return undefined
    if (attempt === attempts) return askKernel(dir, lockPath) ?? { through, holder: undefined }
    await sleep(pauseMs)
  }
}

type TryFlock = (fd: number) => 'acquired' | 'contended'

function tryBoth(
  tryFlock: TryFlock,
  dir: string,
  lockPath: string,
  name: string,
): Finding['through'] | undefined {
  if (existsSync(lockPath) && isContended(tryFlock, lockPath, name)) return 'lock-file'
  try {
    return isContended(tryFlock, dir, name) ? 'directory' : undefined
  } catch {
    // Windows and some filesystems lock no directories; the lock file has answered.
    return undefined
  }
}

function isContended(tryFlock: TryFlock, path: string, name: string): boolean {
  const fd = openExisting(path)
  try {
    return tryFlock(fd) === 'contended'
  } catch (error) {
    throw new LockUnsupportedError(path, name, `the filesystem says ${(error as Error).message}`, error)
  } finally {
    closeSync(fd)
  }
}

/** Never creates, follows no symbolic link, and does not wait at a pipe that has the lock file's name. */
function openExisting(path: string): number {
  const flags = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  try {
    // NFS turns flock into a record lock, which must be open for writing to be exclusive (man 2 flock).
    return openSync(path, constants.O_RDWR | flags)
  } catch {
    // A directory, or one that this user may only read: locally that is enough.
  }
  try {
    return openSync(path, constants.O_RDONLY | flags)
  } catch (error) {
    throw new DataDirUnusableError(path, error as NodeJS.ErrnoException)
  }
}
