import { setTimeout as sleep } from 'node:timers/promises'
import { Deferred } from '../../../shared/deferred.ts'

/** How long the main thread may take to answer a ping before it counts as silent, in milliseconds. */
const answerTime = 250

/**
 * Finds out in the hand-off thread for how long the main thread has been silent. It pings only for a contender, so the
 * owner does nothing while there is none.
 */
export class MainThreadProbe {
  readonly #ping: () => void
  #pinged: { readonly at: number; readonly answered: Deferred } | undefined

  constructor(ping: () => void) {
    this.#ping = ping
  }

  /** Pings the main thread, unless an earlier ping is unanswered. A silence can only be counted from a ping. */
  ping(): void {
    if (this.#pinged) return
    this.#pinged = { at: performance.now(), answered: new Deferred() }
    this.#ping()
  }

  /** The main thread has answered the ping. */
  answered(): void {
    this.#pinged?.answered.resolve()
    this.#pinged = undefined
  }

  /**
   * For how many milliseconds the main thread has been silent. It is 0 if the main thread answers a ping in time. The
   * time counts from the first unanswered ping, so it is never more than the actual silence.
   */
  async silentFor(): Promise<number> {
    this.ping()
    const pinged = this.#pinged
    if (!pinged) return 0
    const left = answerTime - (performance.now() - pinged.at)
    if (left > 0) await Promise.race([pinged.answered.promise, sleep(left, undefined, { ref: false })])
    return this.#pinged === pinged ? Math.floor(performance.now() - pinged.at) : 0
  }
}
