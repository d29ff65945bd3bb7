import { closeSync, existsSync, statSync } from 'node:fs'
import type { DataDirError } from '../../shared/data-dir-error.ts'
import type { OnWarning } from '../../shared/data-dir-warning.ts'
import { type DataDirectory, findDataDirectory, idOf, isSameFile } from '../directory/data-directory.ts'
import { sharingGroupOf } from '../directory/file-mode.ts'
import type { Filesystem } from '../directory/filesystem.ts'
import { lockPathIn } from '../directory/names.ts'
import { aboutLinkedLockFile, warn } from '../directory/warnings.ts'
import type { OwnerRecord } from '../owner/owner-record.ts'
import { recordOf, removeToken, writeRecord, writeToken } from '../owner/owner-record-file.ts'
import { ownIdentity } from '../owner/process-identity.ts'
import { isOwnProcess, whoOwns } from '../owner/who-owns.ts'
import { unlockAndClose } from '../platform/flock.ts'
import { thisPlatform } from '../platform/this-platform.ts'
import { closeGuard, isGuarding, type SharedGuard } from './directory-guard.ts'
import { isTransient, type LockFileFate, LockLostError } from './errors.ts'
import { acquireFileLock, type FileLock } from './lock-file.ts'
import { type CheckResult, fateOfLockFile, LockWatch, statLocal } from './lock-watch.ts'
import { releaseWhenAnswered } from './pending-release.ts'
import { aboutOutage, isRemote, RemoteLockFile } from './remote-lock-file.ts'
import { type Descriptors, takeDescriptors } from './take-descriptors.ts'

// Counted in regular checks, which come each second after one has failed. A contender holds a new lock file only until the
// guard refuses it, so one check proves little. A process that holds the file in three checks is not a contender.
const contendedChecks = 3
// A transient error (EMFILE) has 10 s to pass. The guard keeps others out meanwhile.
const failingChecks = 10

/** The options of a lock, besides its directory and name. */
export interface OwnerFacts {
  readonly app?: string | undefined
  readonly version?: string | undefined
  readonly onWarning?: OnWarning | undefined
  /** The filesystem of the directory. */
  readonly on: Filesystem
}

/** The lock of one name in one data directory, held by this process: descriptors, record and watch. */
export class HeldLock {
  readonly directory: DataDirectory
  readonly name: string
  readonly heldSince = new Date()
  readonly guard: SharedGuard
  references = 0
  #owner: OwnerRecord
  #file: FileLock
  readonly #path: string
  /** The group that shares the directory, if one does. Its members can read the record. */
  readonly #group: number | undefined
  readonly #watch: LockWatch
  readonly #remote: RemoteLockFile | undefined
  /** Regular checks in a row that found the file gone and did not create it again. */
  #failedChecks = 0
  readonly #awaitingOutage: (() => void)[] = []
  #isReleased = false
  #lostBecause: DataDirError | undefined
  #lost: AbortController | undefined
  readonly #onWarning: OnWarning | undefined
  #isLinkKnown = false

  /**
   * Takes the lock and writes the record.
   *
   * @param sibling a lock of another name that this process holds in the same directory. Its guard is shared.
   * @param patienceMs how long to try again while the holder has no name yet.
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
    const taken = takeDescriptors({ directory, name, path, shared: sibling?.guard }, patienceMs)
    try {
      const held = new HeldLock(directory, path, name, facts, taken)
      taken.guard.references++
      return held
    } catch (error) {
      // Nobody could release this lock.
      if (taken.guard.references === 0) closeGuard(taken.guard)
      unlockAndClose(taken.file.fd)
      throw error
    }
  }

  private constructor(
    directory: DataDirectory,
    path: string,
    name: string,
    { app, version, on, onWarning }: OwnerFacts,
    { file, guard, remote }: Descriptors,
  ) {
    this.directory = directory
    this.name = name
    this.#file = file
    this.guard = guard
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
    if (isRemote(on)) {
      const record = recordOf(this.#public(this.#owner))
      remote?.write(record)
      this.#remote = remote ?? new RemoteLockFile(path, file, record, () => this.#warnAboutLink())
    } else this.#writeRecordNow(this.#owner, file.opened.nlink)
    this.#watch = new LockWatch(path, {
      hasEvents: !this.#remote,
      check: (isRegular) => this.#check(isRegular),
      onOutage: () => {
        warn(aboutOutage(directory.path, name), onWarning)
        for (const resolve of this.#awaitingOutage.splice(0)) resolve()
      },
    })
  }

  get owner(): OwnerRecord {
    return this.#owner
  }

  /** Set when {@link lost} aborts. It costs less than a signal. */
  get lostBecause(): DataDirError | undefined {
    return this.#lostBecause
  }

  /** Aborts with a {@link LockLostError} when the lock no longer keeps others out, and with the error of {@link lose}. */
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

  /**
   * Resolves as soon as the directory has not answered for about 10 s. It never resolves on a local filesystem, because a
   * process that waits for a local disk cannot be ended.
   */
  outage(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#remote) return
      if (this.#watch.isOutage) resolve()
      else this.#awaitingOutage.push(resolve)
    })
  }

  /** Whether the filesystem asks a server or a program, which may not answer. */
  get isRemote(): boolean {
    return this.#remote !== undefined
  }

  /** Resolves when the directory has answered all earlier calls, and one more. */
  async answered(): Promise<void> {
    await this.#remote?.isInPlace().catch(() => undefined)
  }

  /** If the directory does not answer, the lock is released in the background, or when the process ends. */
  release(): void {
    this.#isReleased = true
    this.#watch.stop()
    if (this.#remote?.isBusy) {
      releaseWhenAnswered({
        path: this.#path,
        directoryId: this.directory.id,
        file: this.#file,
        guard: this.guard,
        remote: this.#remote,
        isLost: this.#lostBecause !== undefined,
      })
      return
    }
    this.guard.references--
    // Blanked while the lock is still held, so that no process takes the last owner for the present one.
    this.#writeRecordNow(undefined)
    if (this.#isTokenInFile && !this.#lostBecause) removeToken(this.#path)
    if (this.guard.references === 0) closeGuard(this.guard)
    unlockAndClose(this.#file.fd)
  }

  /** Aborts {@link lost}, because the database under the lock no longer belongs to this process. The lock itself stays. */
  lose(error: DataDirError): void {
    if (this.#lostBecause) return
    // If the folder is gone, the lock file is lost too. The lock's own error then says more.
    const isGone = !this.#remote && isDirectoryGone(this.directory)
    this.#setLost(isGone ? new LockLostError(this.#path, 'directory-gone') : error)
  }

  #setLost(error: DataDirError): void {
    this.#watch.stop()
    this.#lostBecause = error
    this.#lost?.abort(error)
  }

  async #check(isRegular: boolean): Promise<CheckResult> {
    const found = await fateOfLockFile(this.#path, () => this.#isInPlace(), this.directory)
    if (found === 'unknown') return 'unanswered'
    if (this.#isReleased || this.#lostBecause) return 'settled'
    const what = found === 'in-place' ? undefined : this.#afterRepair(found, isRegular)
    if (what) this.#setLost(new LockLostError(this.#path, what))
    else if (found === 'in-place') this.#failedChecks = 0
    return this.#failedChecks > 0 || this.#remote?.hasOtherContent ? 'unsettled' : 'settled'
  }

  async #isInPlace(): Promise<boolean> {
    if (this.#remote) return this.#remote.isInPlace()
    return isSameFile(await statLocal(this.#path), this.#file.opened)
  }

  /**
   * Creates and locks the file at the path again, while the guard keeps others out.
   *
   * @param what what happened to the file.
   * @returns the reason if the lock is lost; undefined if it is not.
   */
  #afterRepair(what: LockFileFate, isRegular: boolean): LockFileFate | undefined {
    // The guard is the same for every process only on a local filesystem. On macOS and Windows every filesystem counts as
    // local: the guard is trusted there if it refuses a second opening, and only for a few checks.
    if (what === 'directory-gone' || this.#remote) return what
    try {
      // Read again, as a contender does: a contender that may no longer open the guard takes the lock without the guard.
      const directory = findDataDirectory(this.directory.path)
      if (!directory || !isGuarding(this.guard, directory, this.name)) return what
      const file = this.#lockAgain()
      if (file === 'contended' || file === 'refused') {
        return this.#isTaken() || !this.#mayWait(contendedChecks, isRegular) ? 'replaced' : undefined
      }
      this.#renew(file)
      return undefined
    } catch (error) {
      // If the directory can no longer be written, others do not find the file that this process has locked.
      return isTransient(error) && this.#mayWait(failingChecks, isRegular) ? undefined : what
    }
  }

  /** @returns `refused` if a contender of another user has created the file, and may be about to share it. */
  #lockAgain(): FileLock | 'contended' | 'refused' {
    try {
      return acquireFileLock(this.#path, this.name, this.#group)
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
      if (code === 'EACCES' && existsSync(this.#path)) return 'refused'
      throw error
    }
  }

  #renew(file: FileLock): void {
    const before = this.#file
    this.#file = file
    this.#failedChecks = 0
    this.#writeToken()
    this.#writeRecord(this.#owner)
    this.#watch.renew()
    closeSync(before.fd)
  }

  /** Only a process with the guard writes a record. So another owner took the guard while this process was stopped. */
  #isTaken(): boolean {
    const ownership = whoOwns(this.#path)
    return ownership.owner !== undefined && !isOwnProcess(ownership)
  }

  #mayWait(checks: number, isRegular: boolean): boolean {
    if (isRegular) this.#failedChecks++
    return this.#failedChecks < checks
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
      // The lock works without it.
    }
  }

  /** The record, without the token if a group can read it. */
  #public(owner: OwnerRecord): OwnerRecord {
    const uid = this.#group === undefined ? undefined : process.geteuid?.()
    if (uid === undefined) return owner
    const { token: _, ...record } = owner
    return { ...record, uid }
  }

  #writeRecord(record: OwnerRecord): void {
    if (this.#remote) this.#remote.write(recordOf(this.#public(record)))
    else this.#writeRecordNow(record)
  }

  /** @param links how many names the file has, if it was read just now. */
  #writeRecordNow(record: OwnerRecord | undefined, links?: bigint): void {
    // A record in a file of its own may already belong to the next owner. The lock file that this process has open cannot.
    if (this.#lostBecause instanceof LockLostError && thisPlatform.recordPathOf(this.#path) !== this.#path)
      return
    try {
      writeRecord(this.#path, this.#file.fd, record && this.#public(record), links)
    } catch (error) {
      // The lock works without a record. A contender then finds only the PID, or nothing.
      if ((error as NodeJS.ErrnoException).code === 'EMLINK') this.#warnAboutLink()
    }
  }

  /** Given later, like every warning, so that it does not delay the lock. */
  #warnAboutLink(): void {
    if (this.#isLinkKnown) return
    this.#isLinkKnown = true
    setImmediate(() => warn(aboutLinkedLockFile(this.#path), this.#onWarning))
  }
}

function isDirectoryGone({ path, id }: DataDirectory): boolean {
  try {
    const there = statSync(path, { bigint: true, throwIfNoEntry: false })
    return !there || idOf(there) !== id
  } catch {
    // The system does not answer, so this is not known.
    return false
  }
}
