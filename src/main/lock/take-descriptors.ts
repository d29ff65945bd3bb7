import type { DataDirectory } from '../directory/data-directory.ts'
import { DataDirUnusableError } from '../directory/errors.ts'
import { sharingGroupOf } from '../directory/file-mode.ts'
import { isListed } from '../owner/holder.ts'
import { isOwnProcess, type Ownership, whoOwns } from '../owner/who-owns.ts'
import { blockThread } from '../platform/flock.ts'
import { type SharedGuard, takeGuard } from './directory-guard.ts'
import { AlreadyOpenError, DataDirLockedError } from './errors.ts'
import { guardPathsOf } from './guard-place.ts'
import { lockFile } from './lock-file.ts'
import { comeBack, isClosing, leavingGuard } from './pending-release.ts'
import type { RemoteLockFile } from './remote-lock-file.ts'
import { wake } from './resting-lock.ts'

// Between two looks at a holder that nobody can name yet.
const pauseMs = 2

/** What holds a lock. */
export interface Descriptors {
  readonly fd: number
  readonly guard: SharedGuard
  /** The lock file, if this process had it a moment ago and a call to its filesystem is still in flight. */
  readonly remote?: RemoteLockFile
}

/**
 * Takes the lock file and the directory's guard.
 *
 * @param shared the guard, if this process has it already.
 * @param patienceMs for how long a holder that nobody can name yet is looked at again.
 * @throws {DataDirLockedError} {AlreadyOpenError} {DataDirUnusableError} {LockUnsupportedError}
 */
export function takeDescriptors(
  directory: DataDirectory,
  path: string,
  name: string,
  shared: SharedGuard | undefined,
  patienceMs: number,
): Descriptors {
  let deadline: number | undefined
  for (;;) {
    const taken = tryBoth(directory, path, name, shared)
    if (typeof taken !== 'string') return taken
    const ownership = whoKeepsOut(directory, path, taken, shared)
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
 * The owner of what this process could not lock. While a stranger holds a new file in the place of the lock file, the owner
 * has the guard. This process may have the guard itself, through another name.
 */
function whoKeepsOut(
  directory: DataDirectory,
  path: string,
  contended: string,
  shared: SharedGuard | undefined,
): Ownership {
  const ownership = whoOwns(path, contended)
  if (ownership.owner || contended !== path || shared) return ownership
  const guarding = guardPathsOf(directory.path).map((guard) => whoOwns(path, guard))
  return guarding.find(({ holder }) => holder) ?? ownership
}

/** @returns what was taken, or the path that somebody else has locked. */
function tryBoth(
  directory: DataDirectory,
  path: string,
  name: string,
  held: SharedGuard | undefined,
): Descriptors | string {
  const returned = comeBack(path, directory.id)
  if (returned) return returned
  const shared = held ?? leavingGuard(directory.id)
  const woken = shared ? undefined : wake(path, directory.id)
  if (woken) return { fd: woken.fd, guard: { path: directory.path, fd: woken.guard, references: 0 } }
  const fd = lockFileOf(directory, path, name)
  if (fd === 'contended') return path
  if (shared) return { fd, guard: shared }
  const guard = takeGuard(directory, name, fd)
  return typeof guard === 'string' ? guard : { fd, guard }
}

/** Who owns a directory says more than who may open its lock file: another user's app has it, and need not lose it. */
function lockFileOf(directory: DataDirectory, path: string, name: string): number | 'contended' {
  try {
    return lockFile(path, name, sharingGroupOf(directory))
  } catch (error) {
    const isRefused = error instanceof DataDirUnusableError && error.reason === 'no-permission'
    if (isRefused && [path, ...guardPathsOf(directory.path)].some(isListed)) return 'contended'
    throw error
  }
}
