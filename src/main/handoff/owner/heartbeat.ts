import { hrtime } from 'node:process'
import { Deferred } from '../messages/deferred.ts'

/** Between two marks, in milliseconds. The lock is looked at as often, so this wakes the process no more. */
export const heartbeatMilliseconds = 1_000

/**
 * The main thread's last sign of life, where the server thread can read it while the main thread is blocked.
 *
 * The clock is that of `process.hrtime`: it is the same in all threads of a process, and stands still while the
 * computer sleeps.
 */
export class Heartbeat {
  readonly shared: SharedArrayBuffer
  readonly #time: BigInt64Array

  constructor(shared = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.shared = shared
    this.#time = new BigInt64Array(shared)
  }

  /** Called by the main thread: it is alive. */
  mark(): void {
    Atomics.store(this.#time, 0, hrtime.bigint())
  }

  /** Milliseconds since the last mark. */
  get age(): number {
    return Math.max(0, Number((hrtime.bigint() - Atomics.load(this.#time, 0)) / 1_000_000n))
  }
}

/** How long the main thread may take to answer before it counts as silent, in milliseconds. */
const answerTime = 250

/** The server thread's view of the main thread. It is asked when somebody wants to know, so it costs nothing idle. */
export class MainThreadProbe {
  readonly #heartbeat: Heartbeat
  readonly #ping: () => void
  #pinged: { readonly at: number; readonly answered: Deferred } | undefined

  constructor(heartbeat: SharedArrayBuffer, ping: () => void) {
    this.#heartbeat = new Heartbeat(heartbeat)
    this.#ping = ping
  }

  /** The main thread has answered. */
  answered(): void {
    this.#pinged?.answered.resolve()
    this.#pinged = undefined
  }

  /**
   * For how many milliseconds the main thread has been silent; 0 when it answers within a moment. Never more than it
   * has been: it counts from the question it has not answered, or from the beat it has missed.
   */
  async silentFor(): Promise<number> {
    if (!this.#pinged) {
      this.#pinged = { at: performance.now(), answered: new Deferred() }
      this.#ping()
    }
    const asked = this.#pinged
    const left = answerTime - (performance.now() - asked.at)
    if (left > 0) await firstOf(asked.answered.promise, left)
    if (this.#pinged !== asked) return 0
    return Math.floor(Math.max(performance.now() - asked.at, this.#heartbeat.age - heartbeatMilliseconds))
  }
}

async function firstOf(promise: Promise<void>, milliseconds: number): Promise<void> {
  const late = new Deferred()
  const timer = setTimeout(() => late.resolve(), milliseconds)
  await Promise.race([promise, late.promise])
  clearTimeout(timer)
}
