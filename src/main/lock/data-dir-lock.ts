import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import type { DataDirError } from '../../shared/data-dir-error.ts'
import { callback, oneOf, text } from '../../shared/option-kinds.ts'
import { prepareDataDirectory } from '../directory/data-directory.ts'
import { checkName, defaultName } from '../directory/names.ts'
import { checkDirectory, type DirectoryChecks, type WarningDelay } from '../directory/warnings.ts'
import type { OwnerRecord } from '../owner/owner-record.ts'
import { loadFlock } from '../platform/flock.ts'
import { LockLostError } from './errors.ts'
import { HeldLock } from './held-lock.ts'

/** Which data directory, under which name, and what its owner is called. Only `dir` must be given. */
export interface LockOptions extends DirectoryChecks {
  /** The data directory; created with mode 0700 where it is missing. */
  readonly dir: string
  /** Names the files in it: `NAME.lock`, `NAME.db`, `NAME.sock`. Default `app`. */
  readonly name?: string
  /** The app's name, for the owner record. */
  readonly app?: string
  /** The app's version, for the owner record. */
  readonly version?: string
}

export const directoryOptionChecks: OptionChecks<DirectoryChecks> = {
  filesystem: oneOf('warn', 'refuse', 'allow'),
  onWarning: callback,
}

export const lockOptionChecks: OptionChecks<LockOptions> = {
  dir: text,
  name: text,
  app: text,
  version: text,
  ...directoryOptionChecks,
}

/** One reference to a held lock. The lock falls when the last reference of this process is released. */
export interface DataDirLock extends Disposable, AsyncDisposable {
  /** The data directory's real path. */
  readonly dir: string
  /** What names the files in it: the lock is `NAME.lock`. */
  readonly name: string
  /** What others can read about this process. */
  readonly owner: OwnerRecord
  /** When this process took the lock. */
  readonly heldSince: Date
  /**
   * Aborts when the lock no longer keeps others out, with a `LockLostError` as its reason. The lock file is watched, and
   * looked at once a second. It can be removed, replaced or hidden. On a local filesystem the directory's guard still keeps
   * others out then, and the file is made again. The lock is lost there if another process holds the new file in three
   * looks, or if the file cannot be made for 10 s. On another filesystem the lock is lost at once. If the directory does not
   * answer, the lock is not lost: after 10 s there is the warning `DATADIR_NOT_CHECKED`.
   *
   * Also aborts with a `DatabaseReplacedError` when the database that this process has open in the directory was removed,
   * replaced or overwritten.
   */
  readonly lost: AbortSignal
  /**
   * Adds to the owner record; a `progress` stays only until the next call. If the record cannot be written, on a full disk
   * for instance, nothing is thrown. On a network or FUSE filesystem the record is written soon after this returns.
   */
  publish(facts: Partial<Pick<OwnerRecord, 'state' | 'progress' | 'endpoint' | 'token'>>): void
  /**
   * Gives this reference up. A second call does nothing. The lock is free when this returns; its descriptors are closed
   * in the event loop's next turn, so only then can the volume be unmounted. If a network or FUSE filesystem does not
   * answer, this returns all the same, and the lock is free when the filesystem has answered or the process has ended.
   * `await using` waits for an answer first, for about 10 s at most.
   */
  release(): void
}

// On globalThis, so that two bundled copies of this package in one process share their locks and do not meet
// themselves as strangers.
const registryKey = Symbol.for('electron-datadir.locks.v4')
const registryHolder = globalThis as { [registryKey]?: Map<string, HeldLock> }
registryHolder[registryKey] ??= new Map()
const heldLocks = registryHolder[registryKey]

// An owner writes its record microseconds after the kernel has named it, `status` holds a lock for as long: who looks
// in between cannot name the owner, or is refused by nobody. Worth this pause, three frames in a process that has no
// window yet. It blocks the thread because the whole function must; a waiter has no use for it and takes none.
const patienceMs = 50

/**
 * Takes the advisory lock of a data directory, without waiting, or adds a reference where this process has it.
 *
 * Synchronous on purpose: an Electron app calls it at the top of its main module, before anything else can run.
 *
 * @throws {DataDirLockedError} when another process owns the directory: at once, or after 50 ms if that process has not
 * (yet) written who it is.
 * @throws {WorkerThreadError} in a worker thread, whether or not the main thread owns the directory.
 * @throws {AlreadyOpenError} when another version of this package in this process does.
 * @throws {DataDirUnusableError} when the directory cannot be created or written.
 * @throws {LockUnsupportedError} when its filesystem has no locks, or pretends to, or is not what `filesystem`
 * accepts.
 * @throws {LockLostError} when this process had the lock, lost it, and has not released it yet.
 * @throws {DatabaseReplacedError} when the database under the lock was replaced, and this process has not released it yet.
 * @throws {NativeModuleError} when fs-ext does not load in this runtime, with the command that repairs it.
 * @throws {InvalidOptionError} for an empty path, a name that cannot be part of a file name, and an option that is not
 * known or not allowed.
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
  return acquireChecked(options)
}

/**
 * The same for options that were checked, and may be more than a lock knows.
 *
 * @param patience in milliseconds: none for a caller that comes again anyway.
 */
export function acquireChecked(options: LockOptions & WarningDelay, patience = patienceMs): DataDirLock {
  loadFlock() // before anything is touched
  const name = checkName(options.name ?? defaultName)
  const directory = prepareDataDirectory(options.dir)
  const key = `${directory.id}/${name}`
  let held = heldLocks.get(key)
  if (!held) {
    const on = checkDirectory(directory, name, options)
    held = HeldLock.take(directory, name, { ...options, on }, findByDirectory(directory.id), patience)
    heldLocks.set(key, held)
  }
  if (held.lostBecause) throw again(held.lostBecause)
  held.references++
  return new LockReference(key, held)
}

/** The error with the stack of this caller. */
function again(error: DataDirError): DataDirError {
  return error instanceof LockLostError ? new LockLostError(error.path, error.what) : error
}

/** Aborts the `lost` of a lock, because the database under it is no longer this process's. The lock itself stays. */
export function loseGuarded(lock: DataDirLock, error: DataDirError): void {
  if (lock instanceof LockReference) lock.lose(error)
}

/**
 * Resolves as soon as the directory of a held lock has not answered for about 10 s. What waits for it can give up then.
 * It never resolves on a local filesystem.
 */
export function outageOf(lock: DataDirLock): Promise<void> {
  return lock instanceof LockReference ? lock.outage() : new Promise(() => undefined)
}

/** Any lock this process holds in a directory: a second name in it shares the guard of the first. */
function findByDirectory(directoryId: string): HeldLock | undefined {
  for (const held of heldLocks.values()) if (held.directory.id === directoryId) return held
  return undefined
}

class LockReference implements DataDirLock {
  readonly #key: string
  readonly #held: HeldLock
  #released = false

  constructor(key: string, held: HeldLock) {
    this.#key = key
    this.#held = held
  }

  get dir(): string {
    return this.#held.directory.path
  }

  get name(): string {
    return this.#held.name
  }

  get owner(): OwnerRecord {
    return this.#held.owner
  }

  get heldSince(): Date {
    return this.#held.heldSince
  }

  get lost(): AbortSignal {
    return this.#held.lost
  }

  lose(error: DataDirError): void {
    if (!this.#released) this.#held.lose(error)
  }

  outage(): Promise<void> {
    return this.#held.outage()
  }

  publish(facts: Partial<OwnerRecord>): void {
    if (!this.#released) this.#held.publish(facts)
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    this.#held.references--
    if (this.#held.references > 0) return
    heldLocks.delete(this.#key)
    this.#held.release()
  }

  [Symbol.dispose](): void {
    this.release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#released && this.#held.isRemote) {
      await Promise.race([this.#held.answered(), this.#held.outage()])
    }
    this.release()
  }
}
