import { setTimeout as sleep } from 'node:timers/promises'
import type { Reachable } from '../../handoff/client.ts'
import { HandoffError } from '../../handoff/messages/errors.ts'
import type { DataDirLock } from '../../lock/data-dir-lock.ts'
import { DataDirLockedError } from '../../lock/errors.ts'
import type { HeldCase, HeldFacts } from '../words/held-text.ts'
import { caseOfStatus, factsOf, isOtherUser, isUncertain } from './owner-facts.ts'

/** Between two looks, in milliseconds. */
const pause = 500
/** An owner's server thread answers in a few milliseconds; one that takes this long does not run. */
const answerTime = 1_500
/** An endpoint where nobody listens for this long belongs to an owner that takes no requests, in milliseconds. */
const goneTime = 3_000
/** An owner without a server may be starting for this long before it counts as silent, in milliseconds. */
const startingTime = 10_000
/** An owner may be closing for this long before it counts as silent, in milliseconds. */
const closingTime = 30_000
const closingPause = 50
/** How long an owner that is closing is waited for before the user sees a message, in milliseconds. */
export const closingPatience = 15_000

/**
 * What a contender has seen of the owner. Each look tries the lock first, because it alone decides, and then asks the
 * owner. Nothing else changes the fields.
 */
export class OwnerWatch {
  readonly #tryLock: () => DataDirLock
  readonly #product: string
  /** The newest refusal of the lock. */
  error: DataDirLockedError
  /** The lock, as soon as a look has taken it. The caller releases it. */
  lock: DataDirLock | undefined
  /** What the owner was doing at the last look. */
  now: HeldCase
  /** Whether the owner has been busy for a moment, and may be silent at the next look. */
  isUncertain = false
  /** When what was seen of this owner began. */
  #since: { silent?: Date | undefined; gone?: number | undefined; closing?: number | undefined } = {}

  /**
   * @param error of the first attempt to take the lock.
   * @param tryLock makes another attempt.
   */
  constructor(error: DataDirLockedError, product: string, tryLock: () => DataDirLock) {
    this.error = error
    this.#product = product
    this.#tryLock = tryLock
    this.now = this.#caseOfRecord()
  }

  get facts(): HeldFacts {
    return factsOf(this.error, this.#product)
  }

  /** Where the owner can be asked. Empty if the owner takes no requests, or belongs to another user. */
  get reachable(): Reachable {
    const { owner } = this.error
    if (owner?.endpoint === undefined || owner.token === undefined || isOtherUser(this.error)) return {}
    const { endpoint, token, pid } = owner
    return { endpoint, token, pid }
  }

  /**
   * Tries the lock, and does not ask the owner.
   *
   * @returns whether this process has the lock now.
   * @throws everything `tryLock` throws, except `DataDirLockedError`.
   */
  isFree(): boolean {
    if (this.lock) return true
    try {
      this.lock = this.#tryLock()
      return true
    } catch (error) {
      if (!(error instanceof DataDirLockedError)) throw error
      if (error.pid !== this.error.pid) this.#since = {}
      this.error = error
      return false
    }
  }

  /**
   * Waits while the owner is closing, without a message.
   *
   * @param deadline on the clock of `performance.now()`.
   * @returns whether this process has the lock now.
   */
  async waitWhileClosing(deadline: number): Promise<boolean> {
    while (this.error.owner?.state === 'quitting' && performance.now() < deadline) {
      if (this.isFree()) return true
      await sleep(closingPause)
    }
    return this.isFree()
  }

  /** Looks once. Takes as long as the owner needs for an answer, at most 1.5 s. */
  async look(): Promise<void> {
    if (this.isFree()) return
    const { reachable } = this
    if (reachable.endpoint === undefined) {
      this.now = this.#caseOfRecord()
      return
    }
    // Not needed by a process that gets the lock, and loaded once.
    const { askStatus } = await import('../../handoff/client.ts')
    const asked = new Date()
    try {
      const status = await askStatus(reachable, { timeout: answerTime })
      this.#since.gone = undefined
      this.now = this.#steady(caseOfStatus(status))
      this.isUncertain = isUncertain(status)
    } catch (error) {
      if (!(error instanceof HandoffError)) throw error
      this.isUncertain = false
      this.now = this.#caseOfFailure(error, asked)
    }
  }

  /** Looks every 500 ms until this process has the lock, the signal aborts, or `isEnough` returns true. */
  async follow(signal: AbortSignal, isEnough: () => boolean): Promise<void> {
    while (!signal.aborted) {
      await sleep(pause)
      if (signal.aborted) return
      await this.look()
      if (this.lock || isEnough()) return
    }
  }

  /** Keeps the beginning of a silence, which each look measures a little differently. */
  #steady(now: HeldCase): HeldCase {
    if (now.kind !== 'silent') {
      this.#since.silent = undefined
      return now
    }
    this.#since.silent ??= now.since
    return { kind: 'silent', since: this.#since.silent }
  }

  #caseOfFailure({ failure }: HandoffError, asked: Date): HeldCase {
    if (failure === 'no-answer') return this.#steady({ kind: 'silent', since: asked })
    if (failure !== 'gone') return { kind: 'no-server' }
    this.#since.gone ??= Date.now()
    const gone = Date.now() - this.#since.gone
    const now = this.#caseOfRecord()
    // Its server starts soon after its first window. So its main thread is blocked.
    if (now.kind === 'starting' && gone >= startingTime)
      return this.#steady({ kind: 'silent', since: new Date(this.#since.gone) })
    // Its server may not run yet, or has just ended.
    const isKnown = now.kind === 'starting' || now.kind === 'quitting' || now.kind === 'silent'
    return isKnown || gone < goneTime ? now : { kind: 'no-server' }
  }

  /** What the owner last wrote about itself: all that is known before it has been asked. */
  #caseOfRecord(): HeldCase {
    const { owner } = this.error
    if (owner?.state === 'quitting') return this.#closing()
    this.#since.closing = undefined
    if (!owner || this.reachable.endpoint === undefined) return { kind: 'no-server' }
    if (owner.state === 'asking') return { kind: 'asking' }
    if (owner.state === 'migrating') return { kind: 'migrating', done: 0, total: 0, ...owner.progress }
    return { kind: owner.state === 'ready' ? 'answering' : 'starting' }
  }

  #closing(): HeldCase {
    this.#since.closing ??= Date.now()
    if (Date.now() - this.#since.closing < closingTime) return { kind: 'quitting' }
    if (isOtherUser(this.error)) return { kind: 'no-server' }
    return this.#steady({ kind: 'silent', since: new Date(this.#since.closing) })
  }
}
