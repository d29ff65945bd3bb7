import { type BigIntStats, type FSWatcher, statSync, watch } from 'node:fs'
import { lstat, stat } from 'node:fs/promises'
import { type DataDirectory, idOf } from '../directory/data-directory.ts'
import { isTransient, type LockFileFate } from './errors.ts'

/** The time between two regular checks, in milliseconds. They notice what no event reports. */
const calmPeriod = 2_000
/** The same at the beginning, and as long as the file is not in its place or the system does not answer. */
const uneasyPeriod = 1_000
/** This many regular checks without an answer, about 10 s, are an outage. */
const outage = 9

/** `unsettled`: the file is not in its place, and the next regular check may find the lock lost. */
export type CheckResult = 'settled' | 'unsettled' | 'unanswered'

/** What a {@link LockWatch} calls. */
export interface WatchedLock {
  /** Whether to ask for events of the kernel. That call follows the path, and blocks while a server does not answer. */
  readonly hasEvents: boolean
  /**
   * Checks the lock file. Never called while an earlier check is under way.
   *
   * @param isRegular whether this is a regular check. An event comes at any time, and several come together.
   * @returns a promise that is never rejected.
   */
  readonly check: (isRegular: boolean) => Promise<CheckResult>
  /** Called once for each outage. */
  readonly onOutage: () => void
}

/**
 * Checks a lock file soon after an event of the kernel, and every 2 s in any case. The first check asks for the events, so
 * that a lock that is soon released costs no watch, and an app opens its window first. It never keeps a process alive.
 *
 * The file is watched and not the directory: a removed or replaced file changes its link count, which is an event (man 7
 * inotify, IN_ATTRIB). A directory with a database in it would wake this process at every write.
 *
 * An outage is counted in checks and not in time: while this thread is blocked or stopped, no check is missed.
 */
export class LockWatch {
  readonly #path: string
  readonly #lock: WatchedLock
  #timer: NodeJS.Timeout | undefined
  #period = Number.NaN
  #watcher: FSWatcher | undefined
  #isChecking = false
  #unanswered = 0
  #hadEvent = false
  #isStopped = false

  constructor(path: string, lock: WatchedLock) {
    this.#path = path
    this.#lock = lock
    this.#checkEach(uneasyPeriod)
  }

  /** Whether the last checks, about 10 s of them, had no answer. */
  get isOutage(): boolean {
    return this.#unanswered >= outage
  }

  /** Watches the file that is at the path now. */
  renew(): void {
    this.#watcher?.close()
    // Windows watches the whole directory for this, and other processes can still remove the directory.
    if (!this.#lock.hasEvents || process.platform === 'win32') return
    const watcher = watchFile(this.#path, () => this.#onEvent())
    this.#watcher = watcher
    watcher?.on('error', () => {
      watcher.close()
      // The next check asks for events again.
      if (this.#watcher === watcher) this.#watcher = undefined
    })
  }

  stop(): void {
    this.#isStopped = true
    clearInterval(this.#timer)
    this.#watcher?.close()
  }

  #checkEach(period: number): void {
    if (this.#isStopped || period === this.#period) return
    clearInterval(this.#timer)
    this.#period = period
    this.#timer = setInterval(() => this.#checkRegularly(), period).unref()
  }

  #checkRegularly(): void {
    if (++this.#unanswered === outage) this.#lock.onOutage()
    if (this.#isChecking) {
      this.#checkEach(uneasyPeriod)
      return
    }
    if (!this.#watcher) this.renew()
    void this.#check(true)
  }

  #onEvent(): void {
    // The check that is under way may have seen the state before the event.
    if (this.#isChecking) this.#hadEvent = true
    else void this.#check(false)
  }

  async #check(isRegular: boolean): Promise<void> {
    this.#isChecking = true
    const result = await this.#lock.check(isRegular)
    this.#isChecking = false
    if (result !== 'unanswered') this.#unanswered = 0
    this.#checkEach(result === 'settled' ? calmPeriod : uneasyPeriod)
    if (!this.#hadEvent || this.#isStopped) return
    this.#hadEvent = false
    await this.#check(false)
  }
}

function watchFile(path: string, changed: () => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, changed)
  } catch {
    // No watches left (man 7 inotify, ENOSPC), or no file in this moment. The next check tries again, and notices as well.
    return undefined
  }
}

/**
 * Finds out what happened to a lock file. The promise is never rejected, because a timer calls this.
 *
 * Calls to a server are asynchronous: while it does not answer, they wait in a thread of libuv, and this thread goes on. The
 * hand-off's thread could also wait for them. But then it would answer no contender, an owner without a hand-off has no such
 * thread, and libuv's threads are the same for the whole process.
 *
 * @param isInPlace returns whether the path leads to the file that is locked.
 * @returns `unknown` if the system cannot answer at the moment. The next check tries again.
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

/**
 * The file at a path on a local filesystem. On Linux the kernel answers from memory, and a thread of libuv need not wake for
 * that. On other systems a network share counts as local, and its server may not answer.
 */
export async function statLocal(path: string): Promise<BigIntStats> {
  return process.platform === 'linux' ? statSync(path, { bigint: true }) : stat(path, { bigint: true })
}

/** @returns undefined if there is nothing at the path. */
async function orMissing(stats: Promise<BigIntStats>): Promise<BigIntStats | undefined> {
  try {
    return await stats
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
