import type { Job } from './job.ts'
import { PoolBusyError, WorkerLostError } from './query-errors.ts'
import type { ThreadLink } from './thread-link.ts'

interface WaitingLease {
  readonly grant: (link: ThreadLink) => void
  readonly refuse: (error: Error) => void
}

interface Waiting {
  readonly what: Job | WaitingLease
  readonly timer: NodeJS.Timeout
}

/** The one connection that writes. Whoever leases it has it alone; the others wait in the order they came. */
export class WriterQueue {
  readonly #start: () => ThreadLink
  readonly #waitTimeout: number
  readonly #waiting: Waiting[] = []
  #link: ThreadLink | undefined
  #opening: Promise<void> | undefined
  #leased: ThreadLink | undefined

  /** @param start opens a writer. */
  constructor(start: () => ThreadLink, waitTimeout: number) {
    this.#start = start
    this.#waitTimeout = waitTimeout
  }

  /** undefined as long as it is being opened or replaced. */
  get link(): ThreadLink | undefined {
    return this.#link
  }

  get isLeased(): boolean {
    return this.#leased !== undefined
  }

  get queueLength(): number {
    return this.#waiting.length
  }

  get isIdle(): boolean {
    return !this.#leased && this.#waiting.length === 0 && (this.#link?.load ?? 0) === 0
  }

  /** Opens the writer, or waits for whoever does. */
  open(): Promise<void> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(): Promise<void> {
    const link = this.#start()
    await link.opened
    this.#link = link
    this.#grant()
  }

  submit(job: Job): void {
    if (this.#link && !this.#leased && this.#waiting.length === 0) this.#link.send(job)
    else this.#wait(job, (error) => job.fail(error))
  }

  /** @throws {PoolBusyError} when nobody gives the writer back in time. */
  lease(): Promise<ThreadLink> {
    return new Promise((grant, refuse) => {
      this.#wait({ grant, refuse }, refuse)
      this.#grant()
    })
  }

  giveBack(link: ThreadLink): void {
    if (this.#leased !== link) return
    this.#leased = undefined
    this.#grant()
  }

  #wait(what: Waiting['what'], refuse: (error: Error) => void): void {
    const timer = setTimeout(() => {
      const index = this.#waiting.findIndex((waiting) => waiting.what === what)
      if (index >= 0) this.#waiting.splice(index, 1)
      refuse(new PoolBusyError('writer', this.#waitTimeout))
    }, this.#waitTimeout)
    this.#waiting.push({ what, timer })
    if (!this.#link) this.open().catch((error: unknown) => this.refuseWaiting(lost(error)))
  }

  #grant(): void {
    while (this.#link && !this.#leased) {
      const next = this.#waiting.shift()
      if (!next) return
      clearTimeout(next.timer)
      const { what } = next
      if ('grant' in what) {
        this.#leased = this.#link
        what.grant(this.#link)
      } else if (!what.isGivenUp) this.#link.send(what)
    }
  }

  refuseWaiting(error: Error): void {
    for (const { what, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer)
      if ('grant' in what) what.refuse(error)
      else what.fail(error)
    }
  }

  /** The thread ended: the next one takes the queue over. */
  replace(link: ThreadLink): void {
    if (this.#link !== link) return
    this.#link = undefined
    this.#leased = undefined
    this.open().catch((error: unknown) => this.refuseWaiting(lost(error)))
  }
}

function lost(error: unknown): Error {
  return new WorkerLostError('writer', '', error)
}
