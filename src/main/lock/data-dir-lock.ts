import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import type { DataDirError } from '../../shared/data-dir-error.ts'
import { callback, oneOf, text } from '../../shared/option-kinds.ts'
import { type DataDirectory, prepareDataDirectory } from '../directory/data-directory.ts'
import { checkName, defaultName } from '../directory/names.ts'
import { checkDirectory, type DirectoryChecks, type WarningDelay } from '../directory/warnings.ts'
import type { OwnerRecord } from '../owner/owner-record.ts'
import { loadFlock } from '../platform/flock.ts'
import { LockLostError } from './errors.ts'
import { HeldLock } from './held-lock.ts'

/** The data directory, its name, and the facts about the owner. Only `dir` is required. */
export interface LockOptions extends DirectoryChecks {
  /** The data directory; created with mode 0700 if it is missing. */
  readonly dir: string
  /** Names the files in it: `NAME.lock`, `NAME.db`, `NAME.sock`. Default `app`. */
  readonly name?: string
  /** The app's name, for the owner record. */
  readonly app?: string
  /** The app's version, for the owner record. */
  readonly version?: string
}

export const lockOptionChecks: OptionChecks<LockOptions> = {
  dir: text,
  name: text,
  app: text,
  version: text,
  filesystem: oneOf('warn', 'refuse', 'allow'),
  onWarning: callback,
}

/** One reference to a held lock. The lock is free when this process has released its last reference. */
export interface DataDirLock extends Disposable, AsyncDisposable {
  /** The data directory's real path. */
  readonly dir: string
  /** The data directory's name. The lock file is `NAME.lock`. */
  readonly name: string
  /** The owner record of this process, which other processes can read. */
  readonly owner: OwnerRecord
  /** When this process took the lock. */
  readonly heldSince: Date
  /**
   * Aborts when the lock no longer keeps others out, with a `LockLostError` as its reason. This process watches the
   * lock file and checks it every 2 s, because the file can be removed, replaced or hidden. On a local filesystem
   * the directory's guard still keeps others out, and the file is created again. The lock is lost only if another
   * process holds the new file in three checks, or if the file cannot be created for 10 s. On another filesystem the
   * lock is lost at once. If the directory does not answer, the lock is not lost. After 10 s, the warning
   * `DATADIR_NOT_CHECKED` is given.
   *
   * Also aborts with a `DatabaseReplacedError` when the database that this process has open in the directory was removed,
   * replaced or overwritten.
   */
  readonly lost: AbortSignal
  /**
   * Adds facts to the owner record. A `progress` stays only until the next call. If the record cannot be written, for
   * example because the disk is full, nothing is thrown. On a network or FUSE filesystem the record is written soon
   * after this returns.
   */
  publish(facts: Partial<Pick<OwnerRecord, 'state' | 'progress' | 'endpoint' | 'token'>>): void
  /**
   * Releases this reference. A second call does nothing. If it was the last one, the lock is free and its files are
   * closed when this returns. If a network or FUSE filesystem does not answer, this returns anyway. The lock is then free
   * when the filesystem has answered or the process has ended. `await using` waits for an answer first, for about 10 s at
   * most.
   */
  release(): void
}

// On globalThis, so that two bundled copies of this package in one process share their locks. Otherwise each would find the
// lock held by another process.
const registryKey = Symbol.for('electron-datadir.locks.v4')
const registryHolder = globalThis as { [registryKey]?: Map<string, HeldLock> }
registryHolder[registryKey] ??= new Map()
const heldLocks = registryHolder[registryKey]

// An owner writes its record microseconds after it has the lock, and `status` holds a lock for about as long. During
// that time the holder has no name yet, or the lock is already free again. So this function pauses and tries again. The
// pause is as long as three frames, in a process that has no window yet. It blocks the thread, because the whole
// function is synchronous.
const patienceMs = 50

/**
 * Takes the advisory lock of a data directory, without waiting. If this process already has the lock, the call adds a
 * reference to it.
 *
 * The function is synchronous, so that an Electron app can call it at the top of its main module, before anything else
 * can run.
 *
 * @throws {DataDirLockedError} when another process owns the directory. It is thrown at once, or after 50 ms if that
 * process has not written its owner record yet.
 * @throws {WorkerThreadError} in a worker thread, whether or not the main thread owns the directory.
 * @throws {AlreadyOpenError} when another version of this package in this process owns the directory.
 * @throws {DataDirUnusableError} when the directory cannot be created or written.
 * @throws {LockUnsupportedError} when the filesystem has no locks, when its locks do not work, or when the `filesystem`
 * option does not accept it.
 * @throws {LockLostError} when this process had the lock, lost it, and has not released it yet.
 * @throws {DatabaseReplacedError} when the database under the lock was replaced, and this process has not released it yet.
 * @throws {NativeModuleError} when fs-ext does not load in this runtime, with the command that repairs it.
 * @throws {InvalidOptionError} for an empty path, a name that cannot be part of a file name, an unknown option, or a
 * value that is not allowed.
 *
 * @example
 * ```ts
 * const lock = acquireDataDirLock({ dir, name: 'notes' })
 * try {
 *   // this process alone may write there now
 * } finally {
 *   lock.release()
 * }
 * ```
 */
export function acquireDataDirLock(options: LockOptions): DataDirLock {
  checkOptions('acquireDataDirLock', options, lockOptionChecks)
  const { dir, name = defaultName } = options
  return takeLock(prepareToLock(dir, name), name, options)
}

/** Prepares a directory, after everything that can fail before the directory is touched. */
export function prepareToLock(dir: string, name: string): DataDirectory {
  loadFlock()
  checkName(name)
  return prepareDataDirectory(dir)
}

/**
 * Takes the lock of a prepared directory, or adds a reference if this process has it.
 *
 * @param patience how many milliseconds to look again for the name of a holder that has none. A caller that tries again
 * soon needs 0.
 */
export function takeLock(
  directory: DataDirectory,
  name: string,
  options: Omit<LockOptions, 'dir' | 'name'> & WarningDelay,
  patience = patienceMs,
): LockReference {
  const key = keyOf(directory, name)
  let held = heldLocks.get(key)
  if (!held) {
    const on = checkDirectory(directory, name, options)
    // A second name in a directory shares the guard of the first.
    const sibling = [...heldLocks.values()].find((other) => other.directory.id === directory.id)
    held = HeldLock.take(directory, name, { ...options, on }, sibling, patience)
    heldLocks.set(key, held)
  }
  if (held.lostBecause) throw withNewStack(held.lostBecause)
  return new LockReference(held)
}

function keyOf(directory: DataDirectory, name: string): string {
  return `${directory.id}/${name}`
}

function withNewStack(error: DataDirError): DataDirError {
  return error instanceof LockLostError ? new LockLostError(error.path, error.what) : error
}

/** One reference, with what only this package may do with it. */
export class LockReference implements DataDirLock {
  readonly directory: DataDirectory
  readonly dir: string
  readonly name: string
  readonly heldSince: Date
  readonly #held: HeldLock
  #isReleased = false

  constructor(held: HeldLock) {
    this.#held = held
    this.directory = held.directory
    this.dir = held.directory.path
    this.name = held.name
    this.heldSince = held.heldSince
    held.references++
  }

  get owner(): OwnerRecord {
    return this.#held.owner
  }

  get lost(): AbortSignal {
    return this.#held.lost
  }

  /** Adds a reference. */
  share(): LockReference {
    return new LockReference(this.#held)
  }

  /**
   * Aborts {@link lost}, because the database under the lock no longer belongs to this process. The lock itself stays.
   */
  lose(error: DataDirError): void {
    if (!this.#isReleased) this.#held.lose(error)
  }

  /**
   * Resolves as soon as the directory has not answered for about 10 s. Code that waits for the directory can then give
   * up. It never resolves on a local filesystem.
   */
  outage(): Promise<void> {
    return this.#held.outage()
  }

  publish(facts: Partial<OwnerRecord>): void {
    if (!this.#isReleased) this.#held.publish(facts)
  }

  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#held.references--
    if (this.#held.references > 0) return
    heldLocks.delete(keyOf(this.directory, this.name))
    this.#held.release()
  }

  [Symbol.dispose](): void {
    this.release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isReleased && this.#held.isRemote) await Promise.race([this.#held.answered(), this.outage()])
    this.release()
  }
}
