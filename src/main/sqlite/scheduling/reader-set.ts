import type { Job } from '../links/jobs.ts'
import type { ThreadLink } from '../links/thread-link.ts'
import { type Lease, WaitingLine } from './writer-queue.ts'

interface Reader {
  readonly link: ThreadLink
  isLeased: boolean
  /** It was given back, but still works on what its holder left there. When that is done, it can be leased again. */
  isReturning: boolean
  /** Is granted when the earlier reads are answered: one of them may be aborted, and then the thread is replaced. */
  promised: Lease | undefined
}

/** How many extra connections are opened for streams and read-only transactions. They are closed after them. */
const extraReaders = 4

/** How many threads may exist in which SQLite does not return, besides the threads that replaced them. */
const maxRetired = 4

/** The connections that read. A leased one runs only the jobs of its holder. The others share all other reads. */
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

  /** The statements that busy readers run, or ran last in a transaction that is still open. */
  get busyStatements(): string[] {
    return this.#readers
      .filter(({ link, isLeased }) => isLeased || link.load > 0)
      .map(({ link }) => link.jobs.get(link.control.running)?.sql || link.lastSql)
  }

  isLeased(link: ThreadLink): boolean {
    return this.#readerOf(link)?.isLeased === true
  }

  #readerOf(link: ThreadLink): Reader | undefined {
    return this.#readers.find((reader) => reader.link === link)
  }

  /** Starts the first reader while there is nothing to read yet, because starting takes longer than opening. */
  prepare(): void {
    if (this.#readers.length === 0) this.#startOne()
  }

  /** Lets readers that are started later open the database at once. */
  letOpen(): void {
    this.#letOpen(true)
  }

  /** Starts as many readers as wanted and lets them open the database. Callers do not need to wait for them. */
  startWanted(): void {
    this.#letOpen(true)
    while (!this.#closedBy && !this.#opensNoMore && this.#readers.length < this.#wanted) this.#startOne()
  }

  /** Resolves when a reader is open, or none can be opened. */
  async opened(): Promise<void> {
    await Promise.any(this.#readers.map(({ link }) => link.opened)).catch(() => undefined)
  }

  /** From now on no further connection is opened, because it would open other files than the present ones have. */
  openNoMore(error: Error): void {
    this.#opensNoMore = error
    if (!this.leastBusy()) this.#refuseWaiting(error)
    else if (!this.#readers.some(({ link }) => !link.isOpen)) this.#waitingLeases.refuseAll(error)
  }

  /** The reader with the fewest requests; undefined if none is open and free. */
  leastBusy(): ThreadLink | undefined {
    let best: ThreadLink | undefined
    for (const { link, isLeased } of this.#readers) {
      if (link.isOpen && !isLeased && (best === undefined || isBetter(link, best))) best = link
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
      const isComing = this.#readers.some(({ link: { isOpen }, isLeased }) => !isOpen && !isLeased)
      if (!isComing && !this.#closedBy) this.#startOne()
    }
  }

  /** Waits for a reader. {@link withdraw} ends the wait. */
  lease(lease: Lease): void {
    if (this.#closedBy) {
      lease.refuse(this.#closedBy)
      return
    }
    this.#waitingLeases.join(lease)
    this.#grant()
  }

  /** Ends the wait of an aborted job or lease. */
  withdraw(what: Job | Lease): void {
    if (!('grant' in what)) {
      const index = this.#waitingJobs.indexOf(what)
      if (index >= 0) this.#waitingJobs.splice(index, 1)
      return
    }
    this.#waitingLeases.leave(what)
    const reader = this.#readers.find(({ promised }) => promised === what)
    if (!reader) return
    reader.promised = undefined
    reader.isLeased = false
    this.#grant()
  }

  giveBack(link: ThreadLink): void {
    const reader = this.#readerOf(link)
    if (!reader) return
    // If SQLite does not return from what was aborted there, the thread is replaced, and its jobs fail or run
    // elsewhere.
    reader.isReturning = link.load > 0
    if (reader.isReturning) return
    reader.isLeased = false
    this.#grant()
    this.trim(link)
  }

  /** Call it when a reader has answered. */
  noticeAnswer(link: ThreadLink): void {
    const reader = this.#readerOf(link)
    if (reader?.promised) this.#keepPromise(reader)
    else if (reader?.isReturning) this.giveBack(link)
    else if (this.#waitingLeases.length > 0) this.#grant()
    else this.trim(link)
  }

  /** Ends an extra connection that has nothing to do. */
  trim(link: ThreadLink): void {
    if (this.#readers.length <= this.#wanted || this.#waitingLeases.length > 0 || link.load > 0) return
    const reader = this.#readerOf(link)
    if (!reader || !link.isOpen || reader.isLeased) return
    const isLastFree = !this.#readers.some(
      (other) => other !== reader && other.link.isOpen && !other.isLeased,
    )
    if (isLastFree) return
    this.#remove(link)
    // A stream that outlives its snapshot may still send a request.
    link.end(new Error('it was closed'))
    // Nothing waits for it, so it does not matter how it ends.
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

  /** One reader must stay free for single reads: a loop over a stream may make some. */
  #freeForLease(): Reader | undefined {
    const free = this.#readers.filter(({ link, isLeased }) => link.isOpen && !isLeased && !link.isStuck)
    if (free.length >= 2) return free.reduce((best, next) => (next.link.load < best.link.load ? next : best))
    const opening = this.#readers.filter(({ link }) => !link.isOpen).length
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
    const reader: Reader = { link, isLeased: false, isReturning: false, promised: undefined }
    this.#readers.push(reader)
    link.opened.then(
      () => {
        this.#grant()
        this.trim(link)
      },
      async (error: Error) => {
        const reason = await this.#explain(error)
        if (this.#remove(link)) this.#giveUpOpening(reason)
      },
    )
  }

  /** The next reader would not open either. So all waiting callers get the error instead of waiting forever. */
  #giveUpOpening(error: Error): void {
    if (this.#readers.some(({ link }) => !link.isOpen)) return
    this.#waitingLeases.refuseAll(error)
    if (!this.leastBusy()) this.#refuseWaiting(error)
  }

  /** The thread ended: another takes its place. */
  replace(link: ThreadLink): void {
    // If it never opened, the handler of its `opened` removes it.
    if (!link.isOpen || !this.#remove(link)) return
    this.startWanted()
    this.#grant()
  }

  /**
   * Replaces a thread in which SQLite does not return. The thread ends when SQLite returns.
   *
   * @returns false if too many were replaced already. Then it stays, and is used again when it is free.
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
    const reader = this.#readerOf(link)
    if (!reader) return false
    this.#readers.splice(this.#readers.indexOf(reader), 1)
    if (reader.promised) this.#waitingLeases.joinFirst(reader.promised)
    return true
  }
}

/** A reader that runs something that was aborted may take long, even if it has nothing else to do. */
function isBetter(link: ThreadLink, than: ThreadLink): boolean {
  return link.isStuck === than.isStuck ? link.load < than.load : than.isStuck
}
