import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { abortSignal, either, millisecondsOrInfinity, oneOf } from '../../shared/option-kinds.ts'
import { defaultName } from '../directory/names.ts'
import {
  type DataDirLock,
  type LockOptions,
  lockOptionChecks,
  prepareToLock,
  takeLock,
} from './data-dir-lock.ts'
import { DataDirLockedError } from './errors.ts'
import { untilNextTry } from './wait-for-release.ts'

/** The options of {@link withDataDirLock}. */
export interface WithLockOptions extends Omit<LockOptions, 'dir'> {
  /** How many milliseconds to wait for the current owner. `true` waits without a limit. Default 0. */
  readonly wait?: number | true
  /** Cancels the wait. It does not cancel the task. */
  readonly signal?: AbortSignal
}

const { dir: _, ...ownerOptionChecks } = lockOptionChecks

const withLockOptionChecks: OptionChecks<WithLockOptions> = {
  ...ownerOptionChecks,
  wait: either(millisecondsOrInfinity, oneOf(true)),
  signal: abortSignal,
}

/**
 * Takes the lock of a data directory, runs a task, and releases the lock when the task ends or throws. If this process
 * already has the lock, the task shares it.
 *
 * @param task receives the lock. When the lock's `lost` aborts, the task must stop.
 * @returns what the task returned.
 * @throws {DataDirLockedError} when another process still owns the directory after the time to wait.
 * @throws everything else that {@link acquireDataDirLock} throws.
 * @throws the signal's reason when the signal aborts before this process has the lock.
 * @throws the error of the task when the task throws.
 *
 * @example
 * ```ts
 * import { cp } from 'node:fs/promises'
 *
 * await withDataDirLock(dir, () => cp(dir, `${dir}-copy`, { recursive: true }), { name: 'notes', wait: 10_000 })
 * ```
 */
export async function withDataDirLock<Value>(
  dir: string,
  task: (lock: DataDirLock) => Value | Promise<Value>,
  options: WithLockOptions = {},
): Promise<Value> {
  checkOptions('withDataDirLock', options, withLockOptionChecks)
  const lock = await takeLockWithin(dir, options)
  try {
    return await task(lock)
  } finally {
    await lock[Symbol.asyncDispose]()
  }
}

/** Tries again until the time is up. A try takes the lock or leaves no trace, so it delays no other process. */
async function takeLockWithin(
  dir: string,
  { wait = 0, signal, name = defaultName, ...options }: WithLockOptions,
): Promise<DataDirLock> {
  const deadline = performance.now() + (wait === true ? Infinity : wait)
  for (;;) {
    signal?.throwIfAborted()
    const leftMs = deadline - performance.now()
    try {
      // Only the error of the last try is seen, so only that try waits for the holder's name.
      return takeLock(prepareToLock(dir, name), name, options, leftMs > 0 ? 0 : undefined)
    } catch (error) {
      if (!(error instanceof DataDirLockedError) || leftMs <= 0) throw error
      await untilNextTry(error.dir, name, leftMs, signal)
    }
  }
}
