import { setTimeout as sleep } from 'node:timers/promises'
import type { Reachable } from '../../handoff/contender/client.ts'
import { HandoffError } from '../../handoff/messages/errors.ts'
import type { DataDirLock } from '../../lock/data-dir-lock.ts'
import { DataDirLockedError } from '../../lock/errors.ts'
import { factsOf, isOtherUser } from './held-facts.ts'
import { caseOfStatus, isUncertain } from './read-status.ts'
import type { HeldCase, HeldFacts } from './words/held-case.ts'

/** Between two looks, in milliseconds. */
const pause = 500
/** An owner's server thread answers in a few milliseconds; one that takes this long does not run. */
const answerTime = 1_500
/** An endpoint where nobody listens for this long belongs to an owner that takes no requests, in milliseconds. */
const goneTime = 3_000
/** An owner may be closing for this long before it counts as silent, in milliseconds. */
const closingTime = 30_000

/**
 * What a contender knows of the owner, kept up to date by looking: the lock first, since it alone decides, then the
 * owner itself.
 */
export class OwnerWatch {
  readonly #tryLock: () => DataDirLock
  readonly #product: string
  #error: DataDirLockedError
  #lock: DataDirLock | undefined
  #now: HeldCase
  #silentSince: Date | undefined
  #goneSince: number | undefined
  #closingSince: number | undefined
  #isUncertain = false

  /**
   * @param error what the first attempt to take the lock ended with.
   * @param tryLock another attempt.
   */
  constructor(error: DataDirLockedError, product: string, tryLock: () => DataDirLock) {
    this.#error = error
    this.#product = product
    this.#tryLock = tryLock
    this.#now = this.#caseOfRecord()
  }

  /** What the owner was doing at the last look. */
  get now(): HeldCase {
    return this.#now
  }

  /** Whether the owner has been busy for a moment, and the next look may call it silent. */
  get isUncertain(): boolean {
    return this.#isUncertain
  }

  get facts(): HeldFacts {
    return factsOf(this.#error, this.#product)
  }

  get error(): DataDirLockedError {
    return this.#error
  }

  /** Where the owner can be asked. This is empty if the owner takes no requests, or belongs to another user. */
  get reachable(): Reachable {
    const { owner } = this.#error
    if (owner?.endpoint === undefined || owner.token === undefined || isOtherUser(this.#error)) return {}
    const { endpoint, token, pid } = owner
    return { endpoint, token, pid }
  }

  /** The lock, from the moment a look got it; it is then the caller's to release. */
  get lock(): DataDirLock | undefined {
    return this.#lock
  }

  /**
   * Tries the lock, and no more.
   *
   * @returns whether it is this process's now.
   * @throws everything `tryLock` throws, except that somebody else has it.
   */
  isFree(): boolean {
    if (this.#lock) return true
    try {
      this.#lock = this.#tryLock()
      return true
    } catch (error) {
      if (!(error instanceof DataDirLockedError)) throw error
      if (error.pid !== this.#error.pid) this.#forget()
      this.#error = error
      return false
    }
  }

  /** Looks once. Takes as long as the owner needs for an answer, at most 1.5 s. */
  async look(): Promise<void> {
    if (this.isFree()) return
    const { reachable } = this
    if (reachable.endpoint === undefined) {
      this.#now = this.#caseOfRecord()
      return
    }
    // Not needed by who gets the lock, and loaded once.
    const { askStatus } = await import('../../handoff/contender/client.ts')
    const asked = new Date()
    try {
      const status = await askStatus(reachable, { timeout: answerTime })
      this.#goneSince = undefined
      this.#now = this.#steady(caseOfStatus(status))
      this.#isUncertain = isUncertain(status)
    } catch (error) {
      if (!(error instanceof HandoffError)) throw error
      this.#isUncertain = false
      if (error.failure === 'no-answer') this.#now = this.#steady({ kind: 'silent', since: asked })
      else this.#now = this.#caseOfFailure(error)
    }
  }

  /** Looks every 500 ms until the lock is this process's, or the signal aborts, or `isEnough` says so. */
  async follow(signal: AbortSignal, isEnough: () => boolean): Promise<void> {
    while (!signal.aborted) {
      await sleep(pause)
      if (signal.aborted) return
      await this.look()
      if (this.#lock || isEnough()) return
    }
  }

  /** A silence begins once, however its beginning is measured later on. */
  #steady(now: HeldCase): HeldCase {
    if (now.kind !== 'silent') {
      this.#silentSince = undefined
      return now
    }
    this.#silentSince ??= now.since
    return { kind: 'silent', since: this.#silentSince }
  }

  #caseOfFailure({ failure }: HandoffError): HeldCase {
    if (failure !== 'gone') return { kind: 'no-server' }
    this.#goneSince ??= performance.now()
    // Its server may not be up yet, or no longer.
    const isJustGone = performance.now() - this.#goneSince < goneTime
    const now = this.#caseOfRecord()
    return isJustGone || now.kind === 'quitting' || now.kind === 'silent' ? now : { kind: 'no-server' }
  }

  /** What the owner last wrote about itself; the best there is as long as it has not been asked. */
  #caseOfRecord(): HeldCase {
    const { owner } = this.#error
    if (owner?.state === 'quitting') return this.#closing()
    this.#closingSince = undefined
    if (!owner || this.reachable.endpoint === undefined) return { kind: 'no-server' }
    if (owner.state === 'asking') return { kind: 'asking' }
    if (owner.state === 'migrating') return { kind: 'migrating', done: 0, total: 0, ...owner.progress }
    return { kind: owner.state === 'ready' ? 'answering' : 'starting' }
  }

  #closing(): HeldCase {
    this.#closingSince ??= Date.now()
    if (Date.now() - this.#closingSince < closingTime) return { kind: 'quitting' }
    if (isOtherUser(this.#error)) return { kind: 'no-server' }
    return this.#steady({ kind: 'silent', since: new Date(this.#closingSince) })
  }

  #forget(): void {
    this.#silentSince = undefined
    this.#goneSince = undefined
    this.#closingSince = undefined
  }
}
