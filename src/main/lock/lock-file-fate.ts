import type { BigIntStats } from 'node:fs'
import { lstat, stat } from 'node:fs/promises'
import { type DataDirectory, idOf } from '../directory/data-directory.ts'
import type { LockFileFate } from './errors.ts'
import { isTransient } from './errors.ts'

/**
 * Finds out what has become of a lock file. The promise is never rejected, because a timer calls this.
 *
 * The calls are asynchronous: while a server does not answer, they wait in a thread of libuv, and this thread goes on.
 * The hand-off's thread could wait for them as well. But it would answer no contender meanwhile, an owner without a
 * hand-off has no such thread, and libuv's threads are the same for the whole process.
 *
 * @param isInPlace asks whether the path leads to the file that is locked.
 * @returns `unknown` if the system cannot answer in this moment: the next look will.
 */
export async function fateOfLockFile(
  path: string,
  isInPlace: () => Promise<boolean>,
  directory: DataDirectory,
): Promise<LockFileFate | 'in-place' | 'unknown'> {
  try {
    if (await isInPlace()) return 'in-place'
  } catch (error) {
    if (isTransient(error)) return 'unknown'
  }
  try {
    const there = await orMissing(stat(directory.path, { bigint: true }))
    if (!there || idOf(there) !== directory.id) return 'directory-gone'
    return (await orMissing(lstat(path, { bigint: true }))) ? 'replaced' : 'removed'
  } catch (error) {
    return isTransient(error) ? 'unknown' : 'unreachable'
  }
}

/** @returns undefined if there is nothing at the path. */
export async function orMissing(looking: Promise<BigIntStats>): Promise<BigIntStats | undefined> {
  try {
    return await looking
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
