import { PoolBusyError } from '../errors/query-errors.ts'
import type { ThreadLink } from '../links/thread-link.ts'

/** A caller that waits for exclusive use of a connection. Exactly one of the two functions is called, once. */
export interface Lease {
  readonly grant: (link: ThreadLink) => void
  readonly refuse: (error: Error) => void
}

interface Waiting<What> {
  readonly what: What
  readonly timer: NodeJS.Timeout
}

/** Callers that wait for a connection, in order of arrival. A caller that has waited too long is refused. */
export class WaitingLine<What> {
  readonly #role: 'writer' | 'reader'
  readonly #timeout: number
  readonly #refuse: (what: What, error: Error) => void
  readonly #waiting: Waiting<What>[] = []

  /**
   * @param timeout in milliseconds.
   * @param refuse is given a {@link PoolBusyError}, or what {@link refuseAll} was given.
   */
  constructor(role: 'writer' | 'reader', timeout: number, refuse: (what: What, error: Error) => void) {
    this.#role = role
    this.#timeout = timeout
    this.#refuse = refuse
  }

  get length(): number {
    return this.#waiting.length
  }

  join(what: What): void {
    this.#waiting.push({ what, timer: this.#startTimer(what) })
  }

  /** Back to the front: what it was given is gone. */
  joinFirst(what: What): void {
    this.#waiting.unshift({ what, timer: this.#startTimer(what) })
  }

  #startTimer(what: What): NodeJS.Timeout {
    return setTimeout(() => {
      this.leave(what)
      this.#refuse(what, new PoolBusyError(this.#role, this.#timeout))
    }, this.#timeout)
  }

  /** Takes out who came first; undefined when nobody waits. */
  next(): What | undefined {
    const first = this.#waiting.shift()
    clearTimeout(first?.timer)
    return first?.what
  }

  /** Whoever does not want it any more neither stays in line nor keeps the process alive. */
  leave(what: What): void {
    const index = this.#waiting.findIndex((waiting) => waiting.what === what)
    if (index >= 0) clearTimeout(this.#waiting.splice(index, 1)[0]?.timer)
  }

  refuseAll(error: Error): void {
    for (const { what, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer)
      this.#refuse(what, error)
    }
  }
}
