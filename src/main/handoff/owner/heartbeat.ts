import { hrtime } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Deferred } from '../../../shared/deferred.ts'

/** The time between two beats, in milliseconds. The lock is checked as often, so this does not wake the process more. */
export const heartbeatMilliseconds = 1_000

/**
 * The time of the main thread's last beat. The hand-off thread can read it while the main thread is blocked.
 *
 * The clock is `process.hrtime`: it is the same in all threads of a process, and stops while the computer sleeps.
 */
export class Heartbeat {
  readonly shared: SharedArrayBuffer
  readonly #time: BigInt64Array

  constructor(shared = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.shared = shared
    this.#time = new BigInt64Array(shared)
  }

  /** Writes the time. Only the main thread calls this. */
  beat(): void {
    Atomics.store(this.#time, 0, hrtime.bigint())
  }

  /** Milliseconds since the last beat. */
  get age(): number {
    return Math.max(0, Number((hrtime.bigint() - Atomics.load(this.#time, 0)) / 1_000_000n))
  }
}

/** How long the main thread may take to answer a ping before it counts as silent, in milliseconds. */
const answerTime = 250

/**
 * Finds out in the hand-off thread for how long the main thread has been silent. It pings only when a contender asks, so
 * that it costs nothing otherwise.
 */
export class MainThreadProbe {
  readonly #heartbeat: Heartbeat
  readonly #ping: () => void
  #pinged: { readonly at: number; readonly answered: Deferred } | undefined

  constructor(heartbeat: SharedArrayBuffer, ping: () => void) {
    this.#heartbeat = new Heartbeat(heartbeat)
    this.#ping = ping
  }

  /** The main thread has answered the ping. */
  answered(): void {
    this.#pinged?.answered.resolve()
    this.#pinged = undefined
  }

  /**
   * For how many milliseconds the main thread has been silent. It is 0 if the main thread answers a ping in time. The
   * time counts from the unanswered ping or from the first missed beat, so it is never more than the actual silence.
   */
  async silentFor(): Promise<number> {
    if (!this.#pinged) {
      this.#pinged = { at: performance.now(), answered: new Deferred() }
      this.#ping()
    }
    const pinged = this.#pinged
    const left = answerTime - (performance.now() - pinged.at)
    if (left > 0) await Promise.race([pinged.answered.promise, sleep(left, undefined, { ref: false })])
    if (this.#pinged !== pinged) return 0
    return Math.floor(Math.max(performance.now() - pinged.at, this.#heartbeat.age - heartbeatMilliseconds))
  }
}
