import { closeSync } from 'node:fs'
import type { DataDirError } from '../../shared/data-dir-error.ts'
import type { OnWarning } from '../../shared/data-dir-warning.ts'
import { blockThread } from './block-thread.ts'
import type { DataDirectory } from './data-directory.ts'
import { aboutLinkedLockFile, warn } from './directory-checks.ts'
import { closeGuard, type SharedGuard, takeGuard } from './directory-guard.ts'
import { AlreadyOpenError, DataDirLockedError, LockLostError } from './errors.ts'
import { sharingGroupOf } from './file-mode.ts'
import { unlockAndClose } from './flock.ts'
import { lockFile } from './lock-file.ts'
import { fateOfLockFile } from './lock-file-fate.ts'
import { LockWatch } from './lock-watch.ts'
import { lockPathIn } from './names.ts'
import type { OwnerRecord } from './owner-record.ts'
import { writeRecord } from './owner-record-file.ts'
import { isPassing } from './passing-errors.ts'
import { thisPlatform } from './platform/this-platform.ts'
import { ownIdentity } from './process-identity.ts'
import { rest, wake } from './resting-lock.ts'
import { ownUserId, removeToken, writeToken } from './token-file.ts'
import { isOwnProcess, whoOwns } from './who-owns.ts'

// Between two looks at a holder that nobody can name yet.
const pauseMs = 2

/** What a lock is taken with, besides its place. */
export interface OwnerFacts {
  readonly app?: string | undefined
  readonly version?: string | undefined
  readonly onWarning?: OnWarning | undefined
}

/** The lock of one name in one data directory, held by this process: descriptors, record and watch. */
export class HeldLock {
  readonly directory: DataDirectory
  readonly name: string
  readonly heldSince = new Date()
  readonly guard: SharedGuard
  references = 0
  #owner: OwnerRecord
  #fd: number
  readonly #path: string
  /** The group that shares the directory, if one does. Its members can read the record. */
  readonly #group: number | undefined
  readonly #watch: LockWatch
  #lostBecause: DataDirError | undefined
  #lost: AbortController | undefined
  readonly #onWarning: OnWarning | undefined
  #isLinkKnown = false

  /**
   * Takes the lock and writes the record.
   *
   * @param sibling a lock of another name that this process holds in the same directory, if it does: then the
   * directory's guard is this process's already.
   * @param patienceMs for how long a holder that nobody can name yet is looked at again.
   * @throws {DataDirLockedError} {AlreadyOpenError} {DataDirUnusableError} {LockUnsupportedError}
   */
  static take(
    directory: DataDirectory,
    name: string,
    facts: OwnerFacts,
    sibling: HeldLock | undefined,
    patienceMs: number,
  ): HeldLock {
    const path = lockPathIn(directory.path, name)
    let deadline: number | undefined
    for (;;) {
      const taken = tryBoth(directory, path, name, sibling?.guard)
      if (typeof taken !== 'string') return new HeldLock(directory, path, name, facts, taken)
      const ownership = whoOwns(path, taken)
      if (isOwnProcess(ownership)) throw new AlreadyOpenError(directory.path)
      deadline ??= performance.now() + patienceMs
      if (ownership.owner || performance.now() >= deadline) {
        throw new DataDirLockedError(directory.path, ownership.owner, ownership.holder, ownership.foreign)
      }
      blockThread(pauseMs)
    }
  }

  private constructor(
    directory: DataDirectory,
    path: string,
    name: string,
    { app, version, onWarning }: OwnerFacts,
    { fd, guard }: Descriptors,
  ) {
    this.directory = directory
    this.name = name
    this.#fd = fd
    this.guard = guard
    guard.references++
    this.#path = path
    this.#group = sharingGroupOf(directory)
    this.#onWarning = onWarning
    this.#owner = {
      ...(version && { version }),
      started_at: this.heldSince.toISOString(),
      ...(app && { app }),
      ...ownIdentity(),
      state: 'starting',
    }
    this.#writeRecord(this.#owner)
    this.#watch = new LockWatch(this.#path, () => this.#check())
  }

  get owner(): OwnerRecord {
    return this.#owner
  }

  /** Set when {@link lost} aborts. To read it costs less than a signal. */
  get lostBecause(): DataDirError | undefined {
    return this.#lostBecause
  }

  /**
   * Aborts, with a {@link LockLostError} as its reason, when the lock no longer keeps others out, and with the error of
   * {@link lose} when what the lock guards is lost.
   */
  get lost(): AbortSignal {
    if (!this.#lost) {
      this.#lost = new AbortController()
      if (this.#lostBecause) this.#lost.abort(this.#lostBecause)
    }
    return this.#lost.signal
  }

  publish(facts: Partial<OwnerRecord>): void {
    const { progress: _, ...before } = this.#owner
    this.#owner = { ...before, ...facts }
    if (facts.token !== undefined) this.#writeToken()
    this.#writeRecord(this.#owner)
  }

  release(): void {
    this.#watch.stop()
    // Blanked while the lock is still held, so that nobody reads the last owner as the present one.
    this.#writeRecord(undefined)
    if (this.#isTokenInFile && !this.#lostBecause) removeToken(this.#path)
    this.guard.references--
    const isLast = this.guard.references === 0
    const guard = isLast && this.guard.path === this.directory.path ? this.guard.fd : undefined
    if (guard !== undefined && thisPlatform.descriptorsMayRest) {
      rest(this.#path, this.directory.id, { fd: this.#fd, guard })
      return
    }
    if (isLast) closeGuard(this.guard)
    unlockAndClose(this.#fd)
  }

  /** Aborts {@link lost}, because the database under the lock is no longer this process's. The lock itself stays. */
  lose(error: DataDirError): void {
    // A folder that is gone had both in it. The lock's own error then says more.
    this.#check()
    if (!this.#lostBecause) this.#setLost(error)
  }

  #setLost(error: DataDirError): void {
    this.#watch.stop()
    this.#lostBecause = error
    this.#lost?.abort(error)
  }

  #check(): void {
    const what = fateOfLockFile(this.#path, this.#fd, this.directory)
    if (!what || (what !== 'directory-gone' && this.guard.fd !== undefined && this.#isRepaired())) return
    this.#setLost(new LockLostError(this.#path, what))
  }

  /** The guard still keeps others out, so the file under the path can be made ours again. */
  #isRepaired(): boolean {
    try {
      const fd = lockFile(this.#path, this.name, this.#group)
      // A contender holds the new file for the moment until the guard refuses it: the next look will do.
      if (fd === 'contended') return true
      const before = this.#fd
      this.#fd = fd
      this.#writeToken()
      this.#writeRecord(this.#owner)
      this.#watch.renew()
      closeSync(before)
      return true
    } catch (error) {
      // Too many open files, say: the next look will do, and the guard keeps others out until then. But a directory
      // that can no longer be written: what was locked is not what others will find.
      return isPassing(error)
    }
  }

  get #isTokenInFile(): boolean {
    return this.#group !== undefined && this.#owner.token !== undefined
  }

  #writeToken(): void {
    const { token } = this.#owner
    if (!this.#isTokenInFile || token === undefined) return
    try {
      writeToken(this.#path, token)
    } catch {
      // As with the record: the lock is what counts.
    }
  }

  /** What the record says to all who can read it. */
  #public(owner: OwnerRecord): OwnerRecord {
    const uid = ownUserId()
    if (this.#group === undefined || uid === undefined) return owner
    const { token: _, ...record } = owner
    return { ...record, uid }
  }

  #writeRecord(record: OwnerRecord | undefined): void {
    // In a file of its own it may be the next owner's by now; in the lock file that this process has open it is not.
    if (this.#lostBecause instanceof LockLostError && thisPlatform.recordPathOf(this.#path) !== this.#path)
      return
    try {
      writeRecord(this.#path, this.#fd, record && this.#public(record))
    } catch (error) {
      // The lock is what counts. Without a record a contender is told less: the PID alone, or nothing.
      if ((error as NodeJS.ErrnoException).code === 'EMLINK') this.#warnAboutLink()
    }
  }

  /** Later, as every warning: nobody gets the lock later for it. */
  #warnAboutLink(): void {
    if (this.#isLinkKnown) return
    this.#isLinkKnown = true
    setImmediate(() => warn(aboutLinkedLockFile(this.#path), this.#onWarning))
  }
}

interface Descriptors {
  readonly fd: number
  readonly guard: SharedGuard
}

/** @returns what was taken, or the path that somebody else has locked. */
function tryBoth(
  directory: DataDirectory,
  path: string,
  name: string,
  shared: SharedGuard | undefined,
): Descriptors | string {
  const woken = shared ? undefined : wake(path, directory.id)
  if (woken) return { fd: woken.fd, guard: { path: directory.path, fd: woken.guard, references: 0 } }
  const fd = lockFile(path, name, sharingGroupOf(directory))
  if (fd === 'contended') return path
  if (shared) return { fd, guard: shared }
  const guard = takeGuard(directory, name, fd)
  return typeof guard === 'string' ? guard : { fd, guard }
}
