import { Deferred } from '../messages/deferred.ts'
import { Beat, beatMilliseconds } from './beat.ts'

/** How long the main thread may take to answer before it counts as silent, in milliseconds. */
const answerTime = 250

/** The server thread's view of the main thread. It is asked when somebody wants to know, so it costs nothing idle. */
export class MainThreadProbe {
  readonly #beat: Beat
  readonly #ping: () => void
  #pinged: { readonly at: number; readonly answered: Deferred } | undefined

  constructor(beat: SharedArrayBuffer, ping: () => void) {
    this.#beat = new Beat(beat)
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
    return Math.floor(Math.max(performance.now() - asked.at, this.#beat.age - beatMilliseconds))
  }
}

async function firstOf(promise: Promise<void>, milliseconds: number): Promise<void> {
  const late = new Deferred()
  const timer = setTimeout(() => late.resolve(), milliseconds)
  await Promise.race([promise, late.promise])
  clearTimeout(timer)
}
