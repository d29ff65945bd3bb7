import { closeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { WorkerThreadError } from '../runtime/errors.ts'
import { loadNative } from '../runtime/load-native.ts'

type FsExt = typeof import('fs-ext')

let fsExt: FsExt | undefined

/**
 * Refuses a call that may have to try a lock.
 *
 * @throws {WorkerThreadError} in a worker thread.
 */
export function refuseWorkerThread(): void {
  if (!isMainThread) throw new WorkerThreadError()
}

/**
 * The native module behind all this, loaded when it is first needed.
 *
 * @throws {WorkerThreadError} in a worker thread.
 * @throws {NativeModuleError} if it does not load in this runtime.
 */
export function loadFlock(): FsExt {
  refuseWorkerThread()
  fsExt ??= loadNative<FsExt>('fs-ext')
  return fsExt
}

/**
 * Tries to take an exclusive advisory lock on an open descriptor, without waiting.
 *
 * The kernel drops it when the descriptor is closed or the process dies, however it dies
 * (man 2 flock; on Windows LockFileEx, which fs-ext calls under the same name).
 *
 * @returns `'contended'` when another open file description holds it.
 * @throws {WorkerThreadError} in a worker thread.
 * @throws {NativeModuleError} if fs-ext does not load.
 * @throws the system's error for everything else, for instance `ENOTSUP` or `ENOLCK` if there are no locks.
 */
export function tryFlock(fd: number): 'acquired' | 'contended' {
  try {
    loadFlock().flockSync(fd, 'exnb')
    return 'acquired'
  } catch (error) {
    if (isContention(error)) return 'contended'
    throw error
  }
}

/** Gives a lock up and keeps the descriptor. */
export function unlock(fd: number): void {
  loadFlock().flockSync(fd, 'un')
}

/**
 * Gives a lock up. To close would do, but Windows then frees it some time later
 * (learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-lockfileex).
 */
export function unlockAndClose(fd: number): void {
  try {
    unlock(fd)
  } finally {
    closeSync(fd)
  }
}

/** Linux and macOS say EAGAIN, which is EWOULDBLOCK by another name; fs-ext on Windows says EWOULDBLOCK. */
function isContention(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EAGAIN' || code === 'EWOULDBLOCK'
}
