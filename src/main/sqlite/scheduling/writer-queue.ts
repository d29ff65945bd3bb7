import { PoolBusyError, WorkerLostError } from '../errors/query-errors.ts'
import type { Job } from '../links/jobs.ts'
import type { ThreadLink } from '../links/thread-link.ts'

/** A caller that waits for exclusive use of a connection. Exactly one of the two functions is called, and only once. */
export interface Lease {
  readonly grant: (link: ThreadLink) => void
  readonly refuse: (error: Error) => void
}

/**
 * The one connection that writes. A caller that leases it has exclusive use of it. The others wait in order of arrival.
 */
export class WriterQueue {
  readonly #start: () => Promise<ThreadLink>
  readonly #waiting: WaitingLine<Job | Lease>
  #link: ThreadLink | undefined
  #opening: Promise<void> | undefined
  #leased: ThreadLink | undefined
  #closedBy: Error | undefined
  #hasWal = true

  /**
   * @param start opens a writer.
   * @param waitTimeout in milliseconds.
   */
  constructor(start: () => Promise<ThreadLink>, waitTimeout: number) {
    this.#start = start
    this.#waiting = new WaitingLine('writer', waitTimeout, refuse)
  }

  /** undefined while it is being opened or replaced. */
  get link(): ThreadLink | undefined {
    return this.#link
  }

  /** Whether the database can have other connections. If it cannot once, it never can. */
  get hasWal(): boolean {
    return this.#hasWal
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

  /** Opens the writer. If it is being opened already, waits for that. */
  open(): Promise<void> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(): Promise<void> {
    this.#link = await this.#start()
    this.#hasWal &&= this.#link.hasWal
    this.#grant()
  }

  submit(job: Job): void {
    if (job.isSettled) return
    if (this.#link && !this.#leased && this.#waiting.length === 0) this.#link.send(job)
    else this.#wait(job)
  }

  /** Waits for the writer. {@link withdraw} ends the wait. */
  lease(lease: Lease): void {
    this.#wait(lease)
    this.#grant()
  }

  giveBack(link: ThreadLink): void {
    if (this.#leased !== link) return
    this.#leased = undefined
    this.#grant()
  }

  /** Removes an aborted job or lease from the queue. */
  withdraw(what: Job | Lease): void {
    this.#waiting.leave(what)
  }

  #wait(what: Job | Lease): void {
    if (this.#closedBy) {
      refuse(what, this.#closedBy)
      return
    }
    this.#waiting.join(what)
    if (!this.#link) this.#reopen()
  }

  #grant(): void {
    while (this.#link && !this.#leased) {
      const next = this.#waiting.next()
      if (!next) return
      if ('grant' in next) {
        this.#leased = this.#link
        next.grant(this.#link)
      } else if (!next.isSettled) this.#link.send(next)
    }
  }

  /** The thread ended, and a new one gets the queue. */
  replace(link: ThreadLink): void {
    if (this.#link !== link) return
    this.#link = undefined
    this.#leased = undefined
    this.#reopen()
  }

  #reopen(): void {
    this.open().catch((error: unknown) => {
      this.#waiting.refuseAll(new WorkerLostError('writer', '', error))
    })
  }

  /**
   * Refuses everything that waits, and everything that comes from now on.
   *
   * @returns the writer, once one that is being opened is open: it has the database open too, and must be ended.
   */
  async close(error: Error): Promise<ThreadLink | undefined> {
    this.#closedBy = error
    this.#waiting.refuseAll(error)
    // If it cannot be opened, there is nothing to end.
    await this.#opening?.catch(() => undefined)
    return this.#link
  }
}

function refuse(what: Job | Lease, error: Error): void {
  if ('grant' in what) what.refuse(error)
  else what.fail(() => error)
}

/** Callers that wait for a connection, in order of arrival. A caller that has waited too long is refused. */
export class WaitingLine<What> {
  readonly #role: 'writer' | 'reader'
  readonly #timeout: number
  readonly #refuse: (what: What, error: Error) => void
  #waiting = new Map<What, NodeJS.Timeout>()

  /**
   * @param timeout in milliseconds.
   * @param refuse receives a {@link PoolBusyError}, or the error of {@link refuseAll}.
   */
  constructor(role: 'writer' | 'reader', timeout: number, refuse: (what: What, error: Error) => void) {
    this.#role = role
    this.#timeout = timeout
    this.#refuse = refuse
  }

  get length(): number {
    return this.#waiting.size
  }

  join(what: What): void {
    this.#waiting.set(what, this.#startTimer(what))
  }

  /** Returns to the front: the connection that it was granted is lost. */
  joinFirst(what: What): void {
    this.#waiting = new Map([[what, this.#startTimer(what)], ...this.#waiting])
  }

  #startTimer(what: What): NodeJS.Timeout {
    return setTimeout(() => {
      this.leave(what)
      this.#refuse(what, new PoolBusyError(this.#role, this.#timeout))
    }, this.#timeout)
  }

  /** Removes and returns the caller that came first; undefined if no caller waits. */
  next(): What | undefined {
    const [first] = this.#waiting.keys()
    if (first !== undefined) this.leave(first)
    return first
  }

  /** A caller that left does not keep the process alive. */
  leave(what: What): void {
    clearTimeout(this.#waiting.get(what))
    this.#waiting.delete(what)
  }

  refuseAll(error: Error): void {
    const refused = this.#waiting
    this.#waiting = new Map()
    for (const [what, timer] of refused) {
      clearTimeout(timer)
      this.#refuse(what, error)
    }
  }
}
