import type { DataDirectory } from '../directory/data-directory.ts'
import { DataDirUnusableError } from '../directory/errors.ts'
import { sharingGroupOf } from '../directory/file-mode.ts'
import { isListed } from '../owner/holder.ts'
import { isOwnProcess, type Ownership, whoOwns } from '../owner/who-owns.ts'
import { unlockAndClose } from '../platform/flock.ts'
import { blockThread } from '../runtime/block-thread.ts'
import { guardPathsOf, type SharedGuard, takeGuard } from './directory-guard.ts'
import { AlreadyOpenError, DataDirLockedError } from './errors.ts'
import { acquireFileLock, type FileLock } from './lock-file.ts'
import { cancelRelease, guardOfPendingRelease, isClosing } from './pending-release.ts'
import type { RemoteLockFile } from './remote-lock-file.ts'

// Between two attempts, while the holder has no name yet.
const pauseMs = 2

/** What is to be locked. */
export interface LockTarget {
  readonly directory: DataDirectory
  readonly name: string
  /** The lock file. */
  readonly path: string
  /** The guard, if this process has it already. */
  readonly shared: SharedGuard | undefined
}

/** What holds a lock. */
export interface Descriptors {
  readonly file: FileLock
  readonly guard: SharedGuard
  /** The lock file, if this process had it a moment ago and a call to its filesystem has no answer yet. */
  readonly remote?: RemoteLockFile
}

/**
 * Takes the lock file and the directory's guard.
 *
 * @param patienceMs how long to try again while the holder has no name yet.
 * @throws {DataDirLockedError} {AlreadyOpenError} {DataDirUnusableError} {LockUnsupportedError}
 */
export function takeDescriptors(target: LockTarget, patienceMs: number): Descriptors {
  const { directory } = target
  let deadline: number | undefined
  for (;;) {
    const taken = tryBoth(target)
    if (typeof taken !== 'string') return taken
    const ownership = whoKeepsOut(target, taken)
    deadline ??= performance.now() + patienceMs
    const isOver = performance.now() >= deadline
    if (isOwnProcess(ownership)) {
      if (isOver || !isClosing(directory.id)) throw new AlreadyOpenError(directory.path)
    } else if (ownership.owner || isOver) {
      throw new DataDirLockedError(directory.path, ownership.owner, ownership.holder, ownership.foreign)
    }
    blockThread(pauseMs)
  }
}

/**
 * The owner of the path that this process could not lock. If another process holds a new file in the place of the lock file,
 * the owner has the guard. This process may have the guard itself, through another name.
 */
function whoKeepsOut({ directory, path, shared }: LockTarget, contended: string): Ownership {
  const ownership = whoOwns(path, contended)
  if (ownership.owner || contended !== path || shared) return ownership
  const guarding = guardPathsOf(directory.path).map((guard) => whoOwns(path, guard))
  return guarding.find(({ holder }) => holder) ?? ownership
}

/** @returns what was taken, or the path that another process has locked. */
function tryBoth(target: LockTarget): Descriptors | string {
  const { directory, path, name } = target
  const canceled = cancelRelease(path, directory.id)
  if (canceled) return canceled
  const shared = target.shared ?? guardOfPendingRelease(directory.id)
  const file = lockFileOf(target)
  if (file === 'contended') return path
  let guard: SharedGuard | string | undefined = shared
  try {
    guard ??= takeGuard(directory, name)
    return typeof guard === 'string' ? guard : { file, guard }
  } finally {
    if (typeof guard !== 'object') unlockAndClose(file.fd)
  }
}

/**
 * If a user may not open the lock file and a process owns the directory, the error names that process. This helps more
 * than the system's error, because the owner may be the same app of another user.
 */
function lockFileOf({ directory, path, name }: LockTarget): FileLock | 'contended' {
  try {
    return acquireFileLock(path, name, sharingGroupOf(directory))
  } catch (error) {
    const isRefused = error instanceof DataDirUnusableError && error.reason === 'no-permission'
    if (isRefused && [path, ...guardPathsOf(directory.path)].some((locked) => isListed(locked)))
      return 'contended'
    throw error
  }
}
