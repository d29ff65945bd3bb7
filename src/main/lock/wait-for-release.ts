import { watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { abortSignal, longestTimer, millisecondsOrInfinity, text } from '../../shared/option-kinds.ts'
import { checkDir, findDataDirectory } from '../directory/data-directory.ts'
import { checkName, defaultName, lockPathIn } from '../directory/names.ts'
import { isListed } from '../owner/holder.ts'
import { readRecord } from '../owner/owner-record-file.ts'
import { refuseWorkerThread } from '../platform/flock.ts'
import { thisPlatform } from '../platform/this-platform.ts'
import { guardPathsOf } from './directory-guard.ts'
import { probeLocks } from './lock-probe.ts'

/** The options of {@link waitForRelease}. */
export interface WaitOptions {
  /** The data directory's name. Default `app`. */
  readonly name?: string
  /** Cancels the wait. The promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal
  /** How many milliseconds to wait at most. Default: no limit. */
  readonly timeout?: number
}

const waitOptionChecks: OptionChecks<WaitOptions> = {
  name: text,
  signal: abortSignal,
  timeout: millisecondsOrInfinity,
}

// How soon the end of an owner that was killed is noticed. A look reads the record and the owner's files in /proc.
const lookMs = 200

// An owner that blanks its record releases the lock microseconds later.
const blankedMs = 2

// A directory may take that long to answer even if there is no time to wait for its owner.
const shortestAnswerMs = 1_000

/**
 * Waits until no process holds a data directory's lock. Another process may take the lock right after that. To do
 * something while no other process can take it, use `withDataDirLock` with `wait`.
 *
 * @param dir the data directory. A directory that does not exist is free.
 * @returns true if the lock is free, false if the timeout expired. A directory that does not answer counts as held. It
 * has at least 1 s to answer.
 * @throws {LockUnsupportedError} if the filesystem has no locks.
 * @throws {DataDirUnusableError} if something other than a directory is at that path, if this user may not read it, or
 * if the call must try the lock and cannot open the lock file.
 * @throws {WorkerThreadError} in a worker thread.
 * @throws {NativeModuleError} if the call must try the lock and fs-ext does not load in this runtime.
 * @throws {InvalidOptionError} for an empty path, and for a name that cannot be part of a file name.
 * @throws the signal's reason when the signal aborts, or if it aborted before the call.
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
    if (isAnswered) await untilNextTry(dir, name, leftMs, signal)
  }
}

/**
 * Whether a directory answers within the time. {@link isHeld} is synchronous, and blocks this thread for as long as a
 * server does not answer.
 */
async function answers(dir: string, withinMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  const answered = stat(dir)
    .catch(() => undefined)
    .then(() => true)
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

/** Reads what the kernel shows of the locks, which disturbs no process. If it shows none, tries the lock. */
function isHeld(dir: string, name: string): boolean {
  const directory = findDataDirectory(dir)
  if (!directory) return false
  const path = lockPathIn(directory.path, name)
  // Only Linux shows locks, and Windows does not replace a record while another process reads it.
  const recorded = process.platform === 'linux' ? readRecord(path)?.pid : undefined
  const isKnown = [path, ...guardPathsOf(directory.path)].some((locked) => isListed(locked, recorded))
  return isKnown || probeLocks(directory.path, path, name) !== undefined
}

/**
 * Resolves when the lock may have been released, and after {@link lookMs} in any case.
 *
 * No system reports an unlock. A blocking flock would return then, but it cannot be canceled, and it keeps one of libuv's
 * four threads for as long as the owner lives. Then it takes the lock, so that a waiter would keep a real contender out,
 * with a shared lock too. So this watches the record, which an owner blanks before it releases the lock. The regular look
 * finds the end of an owner that was killed.
 *
 * @throws the signal's reason when the signal aborts.
 */
export function untilNextTry(
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

/** @returns a function that ends the watch. */
function watchRecord(dir: string, name: string, changed: () => void): () => void {
  try {
    const watcher = watch(thisPlatform.recordPathOf(lockPathIn(dir, name)), changed)
    watcher.on('error', () => watcher.close())
    return () => watcher.close()
  } catch {
    // No such file, or no watches left: only the regular look remains.
    return () => undefined
  }
}
