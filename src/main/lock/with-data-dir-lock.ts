import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { abortSignal, either, millisecondsOrInfinity } from '../../shared/option-kinds.ts'
import { defaultName } from '../directory/names.ts'
import { acquireChecked, type DataDirLock, type LockOptions, lockOptionChecks } from './data-dir-lock.ts'
import { DataDirLockedError } from './errors.ts'
import { releaseLikely } from './wait-for-release.ts'

/** How the lock is taken for one task. */
export interface WithLockOptions extends Omit<LockOptions, 'dir'> {
  /** For how many milliseconds to wait for the present owner; `true` for ever. Default 0. */
  readonly wait?: number | true
  /** Gives the waiting up. What runs under the lock is its own affair. */
  readonly signal?: AbortSignal
}

const { dir: _, ...ownerOptionChecks } = lockOptionChecks

const withLockOptionChecks: OptionChecks<WithLockOptions> = {
  ...ownerOptionChecks,
  wait: either(millisecondsOrInfinity, { allowed: 'true', accepts: (value) => value === true }),
  signal: abortSignal,
}

/**
 * Runs something while this process owns a data directory, and releases the lock whatever becomes of it. Where this
 * process has the lock already, it is shared.
 *
 * @param task gets the lock, whose `lost` tells it to stop.
 * @returns what the task returned.
 * @throws {DataDirLockedError} when somebody else still owns the directory after the time to wait.
 * @throws everything else that {@link acquireDataDirLock} throws.
 * @throws the signal's reason when it aborts before the lock is held, and what the task throws.
 *
 * @example
 * ```ts
 * import { cp } from 'node:fs/promises'
 *
 * await withDataDirLock(dir, () => cp(dir, `${dir}-copy`, { recursive: true }), { name: 'notes', wait: 10_000 })
 * ```
 */
export async function withDataDirLock<Result>(
  dir: string,
  task: (lock: DataDirLock) => Result | Promise<Result>,
  options: WithLockOptions = {},
): Promise<Result> {
  checkOptions('withDataDirLock', options, withLockOptionChecks)
  const lock = await acquireWithin(dir, options)
  try {
    return await task(lock)
  } finally {
    await lock[Symbol.asyncDispose]()
  }
}

/** Tries again until the time is up; a try takes the lock or leaves no trace, so nobody else is delayed. */
async function acquireWithin(
  dir: string,
  { wait = 0, signal, ...options }: WithLockOptions,
): Promise<DataDirLock> {
  const deadline = performance.now() + (wait === true ? Infinity : wait)
  for (;;) {
    signal?.throwIfAborted()
    const leftMs = deadline - performance.now()
    try {
      // Patience for a name is for the last try, whose error is seen.
      return leftMs > 0 ? acquireChecked({ ...options, dir }, 0) : acquireChecked({ ...options, dir })
    } catch (error) {
      if (!(error instanceof DataDirLockedError) || leftMs <= 0) throw error
      await releaseLikely(error.dir, options.name ?? defaultName, leftMs, signal)
    }
  }
}
