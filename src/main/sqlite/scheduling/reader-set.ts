import type { Job } from '../links/jobs.ts'
import type { ThreadLink } from '../links/thread-link.ts'
import { type Lease, WaitingLine } from './waiting-line.ts'

interface Reader {
  readonly link: ThreadLink
  isOpen: boolean
  isLeased: boolean
  /** It was given back, and still works on what its holder left there. It is leased again when that is done. */
  isReturning: boolean
  /** Gets it when the reads that were sent before are answered: one of them may be aborted and take the thread along. */
  promised: Lease | undefined
}

/** So many connections more than wanted are opened for streams and read-only transactions, and closed after them. */
const extraReaders = 4

/** So many threads that SQLite does not return from may be around, besides those that replaced them. */
const maxRetired = 4

/** The connections that read. One that is leased is left alone; the others share the rest. */
export class ReaderSet {
  readonly #start: (mayOpen: Promise<boolean>) => ThreadLink
  readonly #explain: (error: Error) => Promise<Error>
  readonly #wanted: number
  readonly #readers: Reader[] = []
  readonly #waitingJobs: Job[] = []
  readonly #waitingLeases: WaitingLine<Lease>
  readonly #retired = new Set<ThreadLink>()
  #closedBy: Error | undefined
  #opensNoMore: Error | undefined
  #letOpen: (mayOpen: boolean) => void = () => undefined
  readonly #mayOpen = new Promise<boolean>((resolve) => {
    this.#letOpen = resolve
  })

  /**
   * @param start starts a reader. The reader opens its connection when the promise resolves to true, and never if
   * false.
   * @param waitTimeout in milliseconds.
   * @param explain finds the reason why a reader could not open the database.
   */
  constructor(
    start: (mayOpen: Promise<boolean>) => ThreadLink,
    wanted: number,
    waitTimeout: number,
    explain: (error: Error) => Promise<Error>,
  ) {
    this.#start = start
    this.#explain = explain
    this.#wanted = wanted
    this.#waitingLeases = new WaitingLine('reader', waitTimeout, ({ refuse }, error) => refuse(error))
  }

  get links(): readonly ThreadLink[] {
    return this.#readers.map(({ link }) => link)
  }

  get queueLength(): number {
    const promised = this.#readers.filter((reader) => reader.promised).length
    return this.#waitingJobs.length + this.#waitingLeases.length + promised
  }

  get isIdle(): boolean {
    return this.queueLength === 0 && this.#readers.every(({ link, isLeased }) => !isLeased && link.load === 0)
  }

  /** What those in use are running, or have run last in a transaction that is still open. */
  get busyStatements(): string[] {
    return this.#readers
      .filter(({ link, isLeased }) => isLeased || link.load > 0)
      .map(({ link }) => link.jobs.get(link.control.running)?.sql || link.lastSql)
  }

  isLeased(link: ThreadLink): boolean {
    return this.#readers.some((reader) => reader.link === link && reader.isLeased)
  }

  /** Starts the first reader while there is nothing to read yet, because starting takes longer than opening. */
  prepare(): void {
    if (this.#readers.length === 0) this.#startOne()
  }

  /** Starts as many readers as wanted and lets them open the database. Callers do not need to wait for them. */
  startWanted(): void {
    this.#letOpen(true)
    while (!this.#closedBy && !this.#opensNoMore && this.#readers.length < this.#wanted) this.#startOne()
  }

  /** From now on no further connection is opened, because it would open other files than the present ones have. */
  openNoMore(error: Error): void {
    this.#opensNoMore = error
    if (!this.leastBusy()) this.#refuseWaiting(error)
    else if (!this.#readers.some(({ isOpen }) => !isOpen)) this.#waitingLeases.refuseAll(error)
  }

  /** The one with the least to do; undefined when none is open and free. */
  leastBusy(): ThreadLink | undefined {
    let best: ThreadLink | undefined
    for (const { link, isOpen, isLeased } of this.#readers) {
      if (isOpen && !isLeased && (best === undefined || isBetter(link, best))) best = link
    }
    return best
  }

  submit(job: Job): void {
    const link = this.leastBusy()
    if (link) link.send(job)
    else {
      this.#waitingJobs.push(job)
      this.startWanted()
      // The holders of leased readers may be waiting for this read.
      const isComing = this.#readers.some(({ isOpen, isLeased }) => !isOpen && !isLeased)
      if (!isComing && !this.#closedBy) this.#startOne()
    }
  }

  /** A job that was given up waits no longer. */
  withdraw(job: Job): void {
    const index = this.#waitingJobs.indexOf(job)
    if (index >= 0) this.#waitingJobs.splice(index, 1)
  }

  /** Waits for a reader. {@link withdrawLease} ends the wait. */
  lease(lease: Lease): void {
    if (this.#closedBy) {
      lease.refuse(this.#closedBy)
      return
    }
    this.#waitingLeases.join(lease)
    this.#grant()
  }

  withdrawLease(lease: Lease): void {
    this.#waitingLeases.leave(lease)
    const reader = this.#readers.find(({ promised }) => promised === lease)
    if (!reader) return
    reader.promised = undefined
    reader.isLeased = false
    this.#grant()
  }

  giveBack(link: ThreadLink): void {
    const reader = this.#readers.find((candidate) => candidate.link === link)
    if (!reader) return
    // If SQLite does not return from what was aborted there, the thread is given up, with all that was asked of it.
    reader.isReturning = link.load > 0
    if (reader.isReturning) return
    reader.isLeased = false
    this.#grant()
    this.trim(link)
  }

  /** To be called when a reader has answered. */
  noticeAnswer(link: ThreadLink): void {
    const reader = this.#readers.find((candidate) => candidate.link === link)
    if (reader?.promised) this.#keepPromise(reader)
    else if (reader?.isReturning) this.giveBack(link)
    else if (this.#waitingLeases.length > 0) this.#grant()
    else this.trim(link)
  }

  /** Ends a connection that is one more than wanted, once it has nothing to do. */
  trim(link: ThreadLink): void {
    if (this.#readers.length <= this.#wanted || this.#waitingLeases.length > 0 || link.load > 0) return
    const reader = this.#readers.find((candidate) => candidate.link === link)
    if (!reader?.isOpen || reader.isLeased) return
    const isLastFree = !this.#readers.some((other) => other !== reader && other.isOpen && !other.isLeased)
    if (isLastFree) return
    this.#remove(link)
    // A stream that outlives its snapshot may still ask.
    link.end(new Error('it was closed'))
    // Nobody waits for it, so nobody needs to know how it ends.
    link.terminate().catch(() => undefined)
  }

  #grant(): void {
    const jobs = this.#waitingJobs.splice(0)
    for (const job of jobs) if (!job.isSettled) this.submit(job)
    while (this.#waitingLeases.length > 0) {
      const reader = this.#freeForLease()
      if (!reader) return
      reader.isLeased = true
      reader.promised = this.#waitingLeases.next()
      this.#keepPromise(reader)
    }
  }

  #keepPromise(reader: Reader): void {
    if (reader.link.load > 0) return
    const { link, promised } = reader
    reader.promised = undefined
    link.lastSql = 'begin'
    promised?.grant(link)
  }

  /** One must be left for single reads: a loop over a stream may well make some. */
  #freeForLease(): Reader | undefined {
    const free = this.#readers.filter(({ link, isOpen, isLeased }) => isOpen && !isLeased && !link.isStuck)
    if (free.length >= 2) return free.reduce((best, next) => (next.link.load < best.link.load ? next : best))
    const opening = this.#readers.filter(({ isOpen }) => !isOpen).length
    const isRoom = this.#readers.length < this.#wanted + extraReaders
    if (isRoom && opening < this.#waitingLeases.length) this.#startOne()
    return undefined
  }

  #startOne(): void {
    if (this.#opensNoMore) {
      this.#giveUpOpening(this.#opensNoMore)
      return
    }
    const link = this.#start(this.#mayOpen)
    const reader: Reader = { link, isOpen: false, isLeased: false, isReturning: false, promised: undefined }
    this.#readers.push(reader)
    link.opened.then(
      () => {
        reader.isOpen = true
        this.#grant()
        this.trim(link)
      },
      async (error: Error) => {
        const reason = await this.#explain(error)
        if (this.#remove(link)) this.#giveUpOpening(reason)
      },
    )
  }

  /** The next one would not open either. What waits gets the error instead of a wait without end. */
  #giveUpOpening(error: Error): void {
    if (this.#readers.some(({ isOpen }) => !isOpen)) return
    this.#waitingLeases.refuseAll(error)
    if (!this.leastBusy()) this.#refuseWaiting(error)
  }

  /** The thread ended: another takes its place. */
  replace(link: ThreadLink): void {
    // One that never opened is dealt with by its `opened`.
    if (!link.isOpen || !this.#remove(link)) return
    this.startWanted()
    this.#grant()
  }

  /**
   * Gives a thread up that SQLite does not return from, and ends it as soon as SQLite does.
   *
   * @returns false when too many were given up already; it stays then, and takes part again when it is free.
   */
  retire(link: ThreadLink): boolean {
    if (this.#retired.size >= maxRetired || !this.#remove(link)) return false
    this.#retired.add(link)
    link.terminate().finally(() => this.#retired.delete(link))
    this.startWanted()
    this.#grant()
    return true
  }

  #refuseWaiting(error: Error): void {
    for (const job of this.#waitingJobs.splice(0)) job.fail(() => error)
    this.#waitingLeases.refuseAll(error)
  }

  /**
   * Refuses all waiting and later requests, and ends all threads. Resolves when no reader is inside SQLite any more.
   */
  async close(error: Error): Promise<void> {
    this.#closedBy = error
    this.#letOpen(false)
    this.#refuseWaiting(error)
    const links = [...this.links, ...this.#retired]
    for (const { promised } of this.#readers.splice(0)) promised?.refuse(error)
    await Promise.all(links.map((link) => link.terminate()))
  }

  #remove(link: ThreadLink): boolean {
    const index = this.#readers.findIndex((reader) => reader.link === link)
    const [reader] = index < 0 ? [] : this.#readers.splice(index, 1)
    if (reader?.promised) this.#waitingLeases.joinFirst(reader.promised)
    return reader !== undefined
  }
}

/** A reader that runs something that was aborted may take long, however little else it has to do. */
function isBetter(link: ThreadLink, than: ThreadLink): boolean {
  return link.isStuck === than.isStuck ? link.load < than.load : than.isStuck
}
