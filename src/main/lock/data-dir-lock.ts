import { closeSync } from 'node:fs'
import { type DataDirectory, prepareDataDirectory } from './data-directory.ts'
import { guardDirectory } from './directory-guard.ts'
import { AlreadyOpenError, DataDirLockedError } from './errors.ts'
import { findHolder } from './holder.ts'
import { lockFile } from './lock-file.ts'
import { checkName, defaultName, lockPathIn } from './names.ts'
import type { OwnerRecord } from './owner-record.ts'
import { readRecord, writeRecord } from './owner-record-file.ts'

export interface LockOptions {
  /** The data directory; created with mode 0700 where it is missing. */
  readonly dir: string
  /** Names the files in it: `NAME.lock`, `NAME.db`, `NAME.sock`. Default `app`. */
  readonly name?: string
  /** The app's name, for the owner record. */
  readonly app?: string
  /** The app's version, for the owner record. */
  readonly version?: string
}

/** One reference to a held lock. The lock falls when the last reference of this process is released. */
export interface DataDirLock extends Disposable {
  /** The data directory's real path. */
  readonly dir: string
  readonly name: string
  /** What others can read about this process. */
  readonly owner: OwnerRecord
  /** When this process took the lock. */
  readonly heldSince: Date
  /** Adds to the owner record. A record that cannot be written, on a full disk for instance, is let go. */
  publish(facts: Partial<Pick<OwnerRecord, 'state' | 'endpoint' | 'token'>>): void
  /** Gives this reference up. Doing it twice is once. */
  release(): void
}

interface HeldLock {
  readonly directory: DataDirectory
  readonly name: string
  readonly fd: number
  guard: number | undefined
  readonly heldSince: Date
  owner: OwnerRecord
  references: number
}

// On globalThis, so that two bundled copies of this package in one process share their locks and do not meet
// themselves as strangers.
const registryKey = Symbol.for('electron-datadir.locks.v1')
const registryHolder = globalThis as { [registryKey]?: Map<string, HeldLock> }
registryHolder[registryKey] ??= new Map()
const heldLocks = registryHolder[registryKey]

/**
 * Takes the advisory lock of a data directory, without waiting, or adds a reference where this process has it.
 *
 * Synchronous on purpose: an Electron app calls it at the top of its main module, before anything else can run.
 *
 * @throws {DataDirLockedError} at once, when another process owns the directory.
 * @throws {AlreadyOpenError} when another worker thread of this process does.
 * @throws {DataDirUnusableError} when the directory cannot be created or written.
 * @throws {LockUnsupportedError} when its filesystem has no locks, or pretends to.
 * @throws {InvalidOptionError} for an empty path or a name that cannot be part of a file name.
 *
 * @example
 * ```ts
 * const lock = acquireDataDirLock({ dir: '/home/ada/.config/notes/data', name: 'notes' })
 * try {
 *   // this process alone may write there now
 * } finally {
 *   lock.release()
 * }
 * ```
 */
export function acquireDataDirLock(options: LockOptions): DataDirLock {
  const name = checkName(options.name ?? defaultName)
  const directory = prepareDataDirectory(options.dir)
  const key = `${directory.id}/${name}`
  let held = heldLocks.get(key)
  if (!held) {
    held = take(directory, name, options)
    heldLocks.set(key, held)
  }
  held.references++
  return new LockReference(key, held)
}

function take(directory: DataDirectory, name: string, { app, version }: LockOptions): HeldLock {
  const lockPath = lockPathIn(directory.path, name)
  const fd = lockFile(lockPath, name)
  if (fd === 'contended') throw contention(directory, lockPath, lockPath)
  const guard = guardDirectory(directory.path)
  if (guard === 'contended' && !findByDirectory(directory)) {
    closeSync(fd)
    throw contention(directory, lockPath, directory.path)
  }
  const heldSince = new Date()
  const owner: OwnerRecord = {
    pid: process.pid,
    ...(version && { version }),
    started_at: heldSince.toISOString(),
    ...(app && { app }),
    state: 'starting',
  }
  const held: HeldLock = {
    directory,
    name,
    fd,
    guard: typeof guard === 'number' ? guard : undefined,
    heldSince,
    owner,
    references: 0,
  }
  writeRecordIfPossible(held)
  return held
}

/** Any lock this process holds in a directory: a second name in it finds the guard taken by the first. */
function findByDirectory({ id }: DataDirectory): HeldLock | undefined {
  return [...heldLocks.values()].find((held) => held.directory.id === id)
}

function contention(directory: DataDirectory, lockPath: string, contendedPath: string): Error {
  const holder = findHolder(contendedPath)
  if (holder?.pid === process.pid) return new AlreadyOpenError(directory.path)
  const record = readRecord(lockPath)
  // The kernel knows better: a record that names somebody else was left by an earlier owner.
  const owner = holder && record?.pid !== holder.pid ? undefined : record
  return new DataDirLockedError(directory.path, owner, holder)
}

function writeRecordIfPossible(held: HeldLock, blank?: 'blank'): void {
  try {
    writeRecord(lockPathIn(held.directory.path, held.name), held.fd, blank ? undefined : held.owner)
  } catch {
    // The lock is what counts. Without a record a contender is told less: the PID alone, or nothing.
  }
}

/** The guard stays with the process as long as it holds another name in the directory. */
function passGuardOn({ directory, guard }: HeldLock): void {
  if (guard === undefined) return
  const heir = findByDirectory(directory)
  if (heir) heir.guard = guard
  else closeSync(guard)
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

  publish(facts: Partial<OwnerRecord>): void {
    if (this.#released) return
    this.#held.owner = { ...this.#held.owner, ...facts }
    writeRecordIfPossible(this.#held)
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    this.#held.references--
    if (this.#held.references > 0) return
    heldLocks.delete(this.#key)
    // Blanked while the lock is still held, so that nobody reads the last owner as the present one.
    writeRecordIfPossible(this.#held, 'blank')
    passGuardOn(this.#held)
    closeSync(this.#held.fd)
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
