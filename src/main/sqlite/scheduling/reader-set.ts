import { Deferred } from '../../../shared/deferred.ts'
import type { Job } from '../links/jobs.ts'
import type { ThreadLink } from '../links/thread-link.ts'
import type { PoolSettings } from './pool-options.ts'
import { type Lease, WaitingLine } from './writer-queue.ts'

type ReaderSettings = Pick<PoolSettings, 'readers' | 'waitTimeout' | 'readPatience' | 'readerIdleTime'>

interface Reader {
  readonly link: ThreadLink
  isLeased: boolean
  /** It was given back, but still works on what its holder left there. When that is done, it can be leased again. */
  isReturning: boolean
  /** Is granted when the earlier reads are answered: one of them may be aborted, and then the thread is replaced. */
  promised: Lease | undefined
  /** How many requests it had answered at the last look for idle readers. */
  served: number
}

/** Starting a reader takes about so many times `readPatience`. If the waiting reads take less, none is started. */
const patiencePerStart = 5

/** How many extra connections are opened for streams and read-only transactions. They are closed after them. */
const extraReaders = 4

/** How many threads may exist in which SQLite does not return, besides the threads that replaced them. */
const maxRetired = 4

/**
 * The connections that read. A leased one runs only the jobs of its holder. The others share all other reads.
 *
 * The first reader starts with the pool. Another one starts when a read waits for too long, or when a lease needs one.
 * It ends when it has had nothing to do for some time. The last one that is not leased stays.
 */
export class ReaderSet {
  readonly #start: (mayOpen: Promise<boolean>) => ThreadLink
  readonly #explain: (error: Error) => Promise<Error>
  readonly #settings: ReaderSettings
  readonly #readers: Reader[] = []
  readonly #waitingJobs: Job[] = []
  readonly #waitingLeases: WaitingLine<Lease>
  readonly #retired = new Set<ThreadLink>()
  #nextLook: NodeJS.Timeout | undefined
  #nextIdleLook: NodeJS.Timeout | undefined
  /** When a reader could not open the database. None is started for a waiting read soon after that. */
  #failedAt = Number.NEGATIVE_INFINITY
  #closedBy: Error | undefined
  #opensNoMore: Error | undefined
  /** Whether readers may open the database. Until that is known, they wait. */
  readonly mayOpen = new Deferred<boolean>()

  /**
   * @param start starts a reader, which opens its connection when the promise resolves to true, and never if false.
   * @param explain finds the reason why a reader could not open the database.
   */
  constructor(
    start: (mayOpen: Promise<boolean>) => ThreadLink,
    settings: ReaderSettings,
    explain: (error: Error) => Promise<Error>,
  ) {
    this.#start = start
    this.#explain = explain
    this.#settings = settings
    const { waitTimeout } = settings
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

  /** Lets readers open the database. Starts one for single reads if there is none. */
  startFirst(): void {
    this.mayOpen.resolve(true)
    // The holders of leased readers may be waiting for a single read.
    if (!this.#closedBy && this.#readers.every(({ isLeased }) => isLeased)) this.#startOne()
  }

  /** From now on no further connection is opened, because it would open other files than the present ones have. */
  openNoMore(error: Error): void {
    this.#opensNoMore = error
    this.#giveUpOpening(error)
  }

  /** The readers that share the single reads. */
  get #shared(): Reader[] {
    return this.#readers.filter(({ link, isLeased }) => link.isOpen && !isLeased)
  }

  get #opening(): number {
    return this.#readers.filter(({ link }) => !link.isOpen).length
  }

  /** The reader with the fewest requests; undefined if none is open and free. */
  #leastBusy(): ThreadLink | undefined {
    let best: ThreadLink | undefined
    for (const { link, isLeased } of this.#readers) {
      if (link.isOpen && !isLeased && (best === undefined || isBetter(link, best))) best = link
    }
    return best
  }

  submit(job: Job): void {
    const link = this.#leastBusy()
    if (link) {
      link.send(job)
      if (link.load > 1) this.#lookLater()
    } else {
      this.#waitingJobs.push(job)
      this.startFirst()
    }
  }

  /** Looks in a moment whether reads wait too long. */
  #lookLater(): void {
    if (this.#nextLook || this.#settings.readers === 1) return
    for (const { link } of this.#readers) link.look()
    this.#nextLook = setTimeout(() => this.#look(), this.#settings.readPatience).unref()
  }

  #look(): void {
    this.#nextLook = undefined
    const behind = this.#shared.filter(({ link }) => link.isBehind(patiencePerStart))
    for (const { link } of behind) if (!this.#relieve(link)) this.#startAnother()
    if (this.#shared.some(({ link }) => link.load > 1)) this.#lookLater()
  }

  /** Gives the reads that wait for a reader to others. @returns false if no other reader would be sooner. */
  #relieve(link: ThreadLink): boolean {
    const best = this.#leastBusy()
    if (!best || !isBetter(best, link, 1)) return false
    for (const job of link.takeWaiting()) this.submit(job)
    return true
  }

  #startAnother(): void {
    const { readers, readerIdleTime } = this.#settings
    if (this.#opensNoMore || this.#opening > 0 || this.#readers.length >= readers) return
    if (performance.now() - this.#failedAt > readerIdleTime) this.#startOne()
  }

  /** Waits for a reader. {@link withdraw} ends the wait. */
  lease(lease: Lease): void {
    this.#waitingLeases.join(lease)
    if (this.#closedBy) this.#waitingLeases.refuseAll(this.#closedBy)
    else this.#grant()
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
    this.#endIdle(link)
  }

  /** Call it when a reader has answered. */
  noticeAnswer(link: ThreadLink): void {
    const reader = this.#readerOf(link)
    if (reader?.promised) this.#keepPromise(reader)
    else if (reader?.isReturning) this.giveBack(link)
    else if (this.#waitingLeases.length > 0) this.#grant()
    else this.#endIdle(link)
  }

  /** Ends a reader that has nothing to do, if there are more than so many. */
  #endIdle(link: ThreadLink, most = this.#settings.readers): void {
    if (this.#readers.length <= most || this.#waitingLeases.length > 0 || link.load > 0) return
    const shared = this.#shared
    if (shared.length < 2 || !shared.some((reader) => reader.link === link)) return
    this.#remove(link)
    // A stream that outlives its snapshot may still send a request.
    link.end(new Error('it was closed'))
    // Nothing waits for it, so it does not matter how it ends.
    link.terminate().catch(() => undefined)
  }

  /** Looks in a while which readers have had nothing to do. The later ones end, so that the first one stays. */
  #lookForIdleLater(): void {
    if (this.#nextIdleLook || this.#readers.length < 2) return
    for (const reader of this.#readers) reader.served = reader.link.served
    this.#nextIdleLook = setTimeout(() => {
      this.#nextIdleLook = undefined
      for (const { link, served } of this.#readers.toReversed())
        if (link.served === served) this.#endIdle(link, 1)
      this.#lookForIdleLater()
    }, this.#settings.readerIdleTime).unref()
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

  /** Another reader must be free for single reads, now or soon: a loop over a stream may make some. */
  #freeForLease(): Reader | undefined {
    const free = this.#readers.filter(({ link, isLeased }) => link.isOpen && !isLeased && !link.isStuck)
    if (free.length < 2) {
      const isRoom = this.#readers.length < this.#settings.readers + extraReaders
      if (isRoom && free.length + this.#opening <= this.#waitingLeases.length) this.#startOne()
      if (this.#opening === 0 || free[0]?.link.load !== 0) return undefined
    }
    return free.reduce((best, next) => (next.link.load < best.link.load ? next : best))
  }

  #startOne(): void {
    if (this.#opensNoMore) {
      this.#giveUpOpening(this.#opensNoMore)
      return
    }
    const link = this.#start(this.mayOpen.promise)
    this.#readers.push({ link, isLeased: false, isReturning: false, promised: undefined, served: -1 })
    link.opened.then(
      () => {
        this.#grant()
        for (const reader of this.#shared) this.#relieve(reader.link)
        this.#endIdle(link)
        this.#lookForIdleLater()
      },
      async (error: Error) => {
        this.#failedAt = performance.now()
        const reason = await this.#explain(error)
        if (this.#remove(link)) this.#giveUpOpening(reason)
      },
    )
  }

  /** The next reader would not open either. So all waiting callers get the error instead of waiting forever. */
  #giveUpOpening(error: Error): void {
    if (this.#opening > 0) return
    if (this.#leastBusy()) this.#waitingLeases.refuseAll(error)
    else this.#refuseWaiting(error)
  }

  /** The thread ended: another takes its place. */
  replace(link: ThreadLink): void {
    // If it never opened, the handler of its `opened` removes it.
    if (!link.isOpen || !this.#remove(link)) return
    this.startFirst()
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
    this.startFirst()
    this.#grant()
    return true
  }

  #refuseWaiting(error: Error): void {
    for (const job of this.#waitingJobs.splice(0)) job.fail(() => error)
    this.#waitingLeases.refuseAll(error)
  }

  /** Refuses all waiting and later requests, and ends all threads. Resolves when no reader is inside SQLite any more. */
  async close(error: Error): Promise<void> {
    this.#closedBy = error
    this.mayOpen.resolve(false)
    clearTimeout(this.#nextLook)
    clearTimeout(this.#nextIdleLook)
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

/** @param by how many requests fewer it must have, besides one. */
function isBetter(link: ThreadLink, than: ThreadLink, by = 0): boolean {
  return link.isLate === than.isLate ? link.load + by < than.load : than.isLate
}
