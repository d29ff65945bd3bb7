import { watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { abortSignal, millisecondsOrInfinity, text } from '../../shared/option-kinds.ts'
import { checkDir, findDataDirectory } from '../directory/data-directory.ts'
import { checkName, defaultName, lockPathIn } from '../directory/names.ts'
import { isListed } from '../owner/holder.ts'
import { refuseWorkerThread } from '../platform/flock.ts'
import { thisPlatform } from '../platform/this-platform.ts'
import { guardPathsOf } from './directory-guard.ts'
import { probeLocks } from './lock-probe.ts'

/** For whom, and for how long, to wait. */
export interface WaitOptions {
  /** The data directory's name. Default `app`. */
  readonly name?: string
  /** Gives the waiting up; the promise is rejected with its reason. */
  readonly signal?: AbortSignal
  /** For how many milliseconds to wait at most. Default: for ever. */
  readonly timeout?: number
}

const waitOptionChecks: OptionChecks<WaitOptions> = {
  name: text,
  signal: abortSignal,
  timeout: millisecondsOrInfinity,
}

// How soon the end of an owner is noticed that could not say goodbye. A look reads one file of /proc.
const lookMs = 200

// An owner that blanks its record lets go microseconds later.
const blankedMs = 2

// The longest time of a timer (nodejs.org/docs/latest/api/timers.html#settimeoutcallback-delay-args).
const longestTimer = 2 ** 31 - 1

/**
 * Waits until nobody holds a data directory's lock. Somebody may take it in the next moment. To do something while
 * nobody else can, use `withDataDirLock` with `wait`.
 *
 * @param dir the data directory; one that does not exist is free.
 * @returns true if it is free; false when the time is up. A directory that does not answer counts as held; it has at least
 * 1 s to answer.
 * @throws {LockUnsupportedError} if the filesystem has no locks.
 * @throws {DataDirUnusableError} if something else is at that path, or it may not be looked at, or the lock has to be
 * tried and its file cannot be opened.
 * @throws {WorkerThreadError} in a worker thread.
 * @throws {NativeModuleError} if the lock has to be tried and fs-ext does not load in this runtime.
 * @throws {InvalidOptionError} for an empty path, and for a name that cannot be part of a file name.
 * @throws the signal's reason when that aborts, or has.
 */
export async function waitForRelease(dir: string, options: WaitOptions = {}): Promise<boolean> {
  checkOptions('waitForRelease', options, waitOptionChecks)
  refuseWorkerThread()
  const { signal, timeout = Infinity } = options
  const name = checkName(options.name ?? defaultName)
  checkDir(dir)
  signal?.throwIfAborted()
  const deadline = performance.now() + timeout
  for (;;) {
    const isAnswered = await answers(dir, deadline - performance.now(), signal)
    signal?.throwIfAborted()
    if (isAnswered && !isHeld(dir, name)) return true
    const leftMs = deadline - performance.now()
    if (leftMs <= 0) return false
    if (isAnswered) await releaseLikely(dir, name, leftMs, signal)
  }
}

// A directory may take that long to answer even if there is no time to wait for its owner.
const shortestAnswerMs = 1_000

/**
 * Whether a directory answers within the time. The look itself is synchronous, and would block this thread for as long as
 * a server does not answer.
 */
async function answers(dir: string, withinMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  const answered = stat(dir).then(
    () => true,
    () => true,
  )
  const ended = new AbortController()
  const signals = signal ? [signal, ended.signal] : [ended.signal]
  const ms = Math.min(Math.max(withinMs, shortestAnswerMs), longestTimer)
  const late = sleep(ms, false, { signal: AbortSignal.any(signals) }).catch(() => false)
  try {
    return await Promise.race([answered, late])
  } finally {
    ended.abort()
  }
}

/** The kernel's list is asked first, which disturbs nobody; only where it names nobody is the lock tried. */
function isHeld(dir: string, name: string): boolean {
  const directory = findDataDirectory(dir)
  if (!directory) return false
  const path = lockPathIn(directory.path, name)
  const isKnown = [path, ...guardPathsOf(directory.path)].some(isListed)
  return isKnown || probeLocks(directory.path, path, name) !== undefined
}

/**
 * Resolves when the lock may have been released, and after {@link lookMs} in any case.
 *
 * No system tells of an unlock. A blocking flock would be told, but it cannot be called off, keeps one of libuv's
 * four threads for as long as the owner lives, and then takes the lock: a waiter would keep a real contender out,
 * with a shared lock too. So the record is watched, which an owner blanks before it lets go, and the lock itself is
 * looked at now and then, for an owner that was killed.
 *
 * @throws the signal's reason when that aborts.
 */
export function releaseLikely(
  dir: string,
  name: string,
  withinMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timers = [setTimeout(finish, Math.min(lookMs, withinMs))]
    const stopWatching = watchRecord(dir, name, () => timers.push(setTimeout(finish, blankedMs)))
    signal?.addEventListener('abort', finish)
    if (signal?.aborted) finish()

    function finish(): void {
      for (const timer of timers) clearTimeout(timer)
      stopWatching()
      signal?.removeEventListener('abort', finish)
      if (signal?.aborted) reject(signal.reason)
      else resolve()
    }
  })
}

/** @returns what ends the watching. */
function watchRecord(dir: string, name: string, changed: () => void): () => void {
  try {
    const watcher = watch(thisPlatform.recordPathOf(lockPathIn(dir, name)), changed)
    watcher.on('error', () => watcher.close())
    return () => watcher.close()
  } catch {
    // No such file, or no watches left: then it is looked at now and then.
    return () => undefined
  }
}
