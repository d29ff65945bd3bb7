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
 * Returns the native module fs-ext, which is loaded at the first call.
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
 * The kernel releases the lock when the descriptor is closed or the process ends, for whatever reason (man 2 flock; on
 * Windows LockFileEx, which fs-ext calls under the same name).
 *
 * @returns `'contended'` if another open file description holds it.
 * @throws {WorkerThreadError} in a worker thread.
 * @throws {NativeModuleError} if fs-ext does not load.
 * @throws the system's error for everything else, for example `ENOTSUP` or `ENOLCK` if there are no locks.
 */
export function tryFlock(fd: number): 'acquired' | 'contended' {
  try {
    loadFlock().flockSync(fd, 'exnb')
    return 'acquired'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Linux and macOS return EAGAIN, which is another name for EWOULDBLOCK. fs-ext returns EWOULDBLOCK on Windows.
    if (code === 'EAGAIN' || code === 'EWOULDBLOCK') return 'contended'
    throw error
  }
}

/**
 * Releases a lock and closes the descriptor. To close it is not enough. Windows then releases the lock some time later
 * (learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-lockfileex). On other systems a child that another thread is
 * starting has a copy of the descriptor until it runs its program, and keeps the lock that long (man 2 flock).
 */
export function unlockAndClose(fd: number): void {
  try {
    loadFlock().flockSync(fd, 'un')
  } finally {
    closeSync(fd)
  }
}
