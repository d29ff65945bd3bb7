import { closeSync } from 'node:fs'
import { isBelievable, isFromThisProcess } from './believable-record.ts'
import type { DataDirectory } from './data-directory.ts'
import { AlreadyOpenError, DataDirLockedError, LockLostError } from './errors.ts'
import { tryFlock, unlockAndClose } from './flock.ts'
import { findHolder } from './holder.ts'
import { isStillAt, lockFile } from './lock-file.ts'
import { lockPathIn } from './names.ts'
import type { OwnerRecord } from './owner-record.ts'
import { readRecord, writeRecord } from './owner-record-file.ts'
import { thisPlatform } from './platform/this-platform.ts'

// One stat a second is not measurable, and a deleted lock file is noticed within two.
const watchMilliseconds = 1_000

/** What a lock is taken with, besides its place. */
export interface OwnerFacts {
  readonly app?: string | undefined
  readonly version?: string | undefined
}

/** The lock of one name in one data directory, held by this process: descriptors, record and watch. */
export class HeldLock {
  readonly directory: DataDirectory
  readonly name: string
  readonly heldSince = new Date()
  references = 0
  #owner: OwnerRecord
  #fd: number
  #guard: number | undefined
  readonly #watch: NodeJS.Timeout
  readonly #lost = new AbortController()

  /**
   * Takes the lock and writes the record.
   *
   * @param sibling a lock of another name that this process holds in the same directory, if it does: then the
   * directory's guard is this process's already.
   * @throws {DataDirLockedError} {AlreadyOpenError} {DataDirUnusableError} {LockUnsupportedError}
   */
  static take(directory: DataDirectory, name: string, facts: OwnerFacts, sibling?: HeldLock): HeldLock {
    const path = lockPathIn(directory.path, name)
    const fd = lockFile(path, name)
    if (fd === 'contended') throw contention(directory, path, path)
    const guard = sibling ? undefined : thisPlatform.guardDirectory(directory.path, tryFlock)
    if (guard === 'contended') {
      unlockAndClose(fd)
      throw contention(directory, path, directory.path)
    }
    return new HeldLock(directory, name, facts, fd, typeof guard === 'number' ? guard : undefined)
  }

  private constructor(
    directory: DataDirectory,
    name: string,
    { app, version }: OwnerFacts,
    fd: number,
    guard: number | undefined,
  ) {
    this.directory = directory
    this.name = name
    this.#fd = fd
    this.#guard = guard
    this.#owner = {
      pid: process.pid,
      ...(version && { version }),
      started_at: this.heldSince.toISOString(),
      ...(app && { app }),
      state: 'starting',
    }
    this.#writeRecord(this.#owner)
    // Holding a lock is no reason to keep a process alive.
    this.#watch = setInterval(() => this.#check(), watchMilliseconds).unref()
  }

  get owner(): OwnerRecord {
    return this.#owner
  }

  /** Aborts, with a {@link LockLostError} as its reason, when the lock no longer keeps others out. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  publish(facts: Partial<OwnerRecord>): void {
    this.#owner = { ...this.#owner, ...facts }
    this.#writeRecord(this.#owner)
  }

  /** @param heir a lock of another name in the same directory that goes on being held, and takes the guard over. */
  release(heir?: HeldLock): void {
    clearInterval(this.#watch)
    // Blanked while the lock is still held, so that nobody reads the last owner as the present one.
    this.#writeRecord(undefined)
    if (heir) heir.#guard ??= this.#guard
    else if (this.#guard !== undefined) closeSync(this.#guard)
    unlockAndClose(this.#fd)
  }

  get #path(): string {
    return lockPathIn(this.directory.path, this.name)
  }

  #check(): void {
    if (isStillAt(this.#path, this.#fd)) return
    if (this.#guard !== undefined && this.#isRepaired()) return
    clearInterval(this.#watch)
    this.#lost.abort(new LockLostError(this.#path))
  }

  /** The guard still keeps others out, so the file under the path can be made ours again. */
  #isRepaired(): boolean {
    try {
      const fd = lockFile(this.#path, this.name)
      // A contender holds the new file for the moment until the guard refuses it: the next look will do.
      if (fd === 'contended') return true
      closeSync(this.#fd)
      this.#fd = fd
      this.#writeRecord(this.#owner)
      return true
    } catch {
      // The directory is gone, or can no longer be written: what was locked is not what others will find.
      return false
    }
  }

  #writeRecord(record: OwnerRecord | undefined): void {
    try {
      writeRecord(this.#path, this.#fd, record)
    } catch {
      // The lock is what counts. Without a record a contender is told less: the PID alone, or nothing.
    }
  }
}

function contention(directory: DataDirectory, lockPath: string, contendedPath: string): Error {
  const holder = findHolder(contendedPath)
  const found = readRecord(lockPath)
  const owner = found && isBelievable(found, holder) ? found : undefined
  const isOwn = holder ? holder.pid === process.pid : owner && isFromThisProcess(owner)
  return isOwn ? new AlreadyOpenError(directory.path) : new DataDirLockedError(directory.path, owner, holder)
}
