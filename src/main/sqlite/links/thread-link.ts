import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { PoolClosedError, WorkerLostError } from '../errors/query-errors.ts'
import { HousekeepingClient, type HousekeepingEvents } from '../housekeeping/housekeeping-client.ts'
import { type Answer, AnswerType, messageBytes, noSlot, type Request } from '../wire/protocol.ts'
import { ThreadControl } from '../wire/thread-control.ts'
import { answerIn, type Job, PlainJob } from './jobs.ts'

/** This many requests are sent before the tick ends, so that the thread starts before the last one is made. */
const requestsPerMessage = 50

/** Sequence numbers start again from here: they are kept in a 32-bit cell of the thread's control memory. */
const maxId = 2 ** 31 - 1

/** What a link reports to its pool. */
export interface LinkEvents extends HousekeepingEvents {
  /** The thread ended, but the pool did not end it. */
  onLost(link: ThreadLink, error: unknown): void
  /** An answer came: there may be room for more. */
  onAnswer(link: ThreadLink, job: Job, milliseconds: number): void
}

/** The main thread's end of a connection. It sends jobs as requests, and keeps them until they are answered. */
export abstract class ThreadLink {
  readonly role: 'writer' | 'reader'
  readonly control = new ThreadControl()
  /** Only of the writer. */
  readonly housekeeping: HousekeepingClient | undefined
  /** The thread's end of the port of {@link housekeeping}. */
  protected readonly housekeepingPort: MessagePort | undefined
  /** The statement that was sent last. */
  lastSql = ''
  readonly latencies = new Latencies()
  /** What was sent and not answered, in the order of sending. */
  readonly jobs = new Map<number, Job>()
  readonly #events: LinkEvents
  /** The slots of requests that the thread was told to skip, until it has answered them. */
  readonly #skipped = new Map<number, number>()
  /** Jobs that wait for a slot, and the jobs after them, so that the order of requests is kept. */
  #backlog: Job[] = []
  #outgoing: Job[] = []
  #outgoingBytes = 0
  #lastId = 0
  /** The request that it ran at the last look, and the one that it ran at two looks. */
  #seen = 0
  #slow = 0
  #isFlushing = false
  #endedBy: unknown
  served = 0
  isOpen = false
  /** Whether other connections can be open at the same time. Known when it is open. */
  hasWal = true
  /** Which database file it has open. Only for the writer, after `opened`. */
  fileId: string | undefined

  constructor(role: 'writer' | 'reader', events: LinkEvents) {
    this.role = role
    this.#events = events
    if (role === 'reader') return
    const { port1, port2 } = new MessageChannel()
    this.housekeeping = new HousekeepingClient(port1, events)
    this.housekeepingPort = port2
  }

  /** Resolves when the connection is open. */
  abstract readonly opened: Promise<void>
  /**
   * @returns the answers, if they are available immediately.
   * @throws when a value cannot be cloned. Nothing was sent then.
   */
  protected abstract post(requests: readonly Request[]): readonly Answer[] | undefined
  /** Keeps the process alive for an answer, or no longer. */
  protected abstract keepAlive(isWaiting: boolean): void
  /** Ends the thread, whatever it is doing. If it is inside SQLite, it ends when SQLite returns. */
  abstract terminate(): Promise<void>

  /** How many requests it has to answer. */
  get load(): number {
    return this.jobs.size + this.#backlog.length
  }

  /** True while it runs something that was aborted. */
  get isStuck(): boolean {
    return this.jobs.size > 0 && this.jobs.get(this.control.running)?.isSettled === true
  }

  /** True while it runs something that was aborted, or that it also ran at the last two looks: that may take long. */
  get isLate(): boolean {
    return this.isStuck || (this.#slow !== 0 && this.control.running === this.#slow)
  }

  /** Notes which request it runs, for {@link isBehind}. */
  look(): void {
    const [oldest = 0] = this.jobs.keys()
    this.#seen = this.control.running || oldest
  }

  /** Whether its jobs wait for more than so many times the time since the last look, if it goes on as since then. */
  isBehind(times: number): boolean {
    const { running } = this.control
    // It has nothing to do, or is between two requests.
    if (running === 0) return false
    const begun = running - this.#seen
    if (begun === 0) this.#slow = running
    return this.load - 1 > begun * times
  }

  send(job: Job): void {
    const reason = this.#endedBy
    if (reason !== undefined)
      job.fail(() =>
        reason instanceof PoolClosedError ? reason : new WorkerLostError(this.role, job.sql, reason),
      )
    else if (this.#backlog.length > 0 || !this.#take(job)) this.#backlog.push(job)
  }

  /** Sends a request that cannot be aborted, and waits for its answer. */
  async request(request: (job: PlainJob) => Request, sql = ''): Promise<Answer> {
    const job = new PlainJob(sql, request)
    this.send(job)
    return answerIn(await job.outcome, sql).answer
  }

  /** @returns false if other requests use every slot. */
  #take(job: Job): boolean {
    if (job.isAbortable) {
      const slot = this.control.takeSlot()
      if (slot === undefined) return false
      job.slot = slot
    }
    if (this.#lastId === maxId) this.control.skip(0, 0)
    this.#lastId = (this.#lastId % maxId) + 1
    job.id = this.#lastId
    if (job.sql !== '') this.lastSql = job.sql
    this.jobs.set(job.id, job)
    if (this.jobs.size === 1) this.keepAlive(true)
    if (this.#outgoing.length > 0 && this.#outgoingBytes + job.bytes > messageBytes) this.#flush()
    this.#outgoing.push(job)
    this.#outgoingBytes += job.bytes
    if (this.#outgoing.length >= requestsPerMessage) this.#flush()
    else if (!this.#isFlushing) {
      this.#isFlushing = true
      queueMicrotask(this.#flushAtEndOfTick)
    }
    return true
  }

  readonly #flushAtEndOfTick = () => {
    this.#isFlushing = false
    if (this.#outgoing.length > 0) this.#flush()
  }

  #flush(): void {
    const jobs = this.#outgoing
    this.#outgoing = []
    this.#outgoingBytes = 0
    let answers: readonly Answer[] | undefined
    try {
      answers = this.post(jobs.map((job) => job.request()))
    } catch {
      // One of the values cannot be cloned. Its own query fails, and the others are sent one by one.
      for (const job of jobs) this.#postAlone(job)
      this.#settleIdle()
    }
    if (answers) this.receive(answers)
  }

  #postAlone(job: Job): void {
    try {
      this.post([job.request()])
    } catch (error) {
      this.#forget(job)
      job.failUnsendable(error)
      this.#events.onAnswer(this, job, 0)
    }
  }

  protected receive(answers: readonly Answer[]): void {
    for (const answer of answers) {
      const job = this.jobs.get(answer[1])
      if (!job) {
        this.#releaseSkipped(answer[1])
        continue
      }
      this.#forget(job)
      this.served++
      const milliseconds = answer[0] === AnswerType.notReadonly ? 0 : answer[2]
      this.latencies.add(milliseconds)
      job.settle(answer, this.role)
      this.#events.onAnswer(this, job, milliseconds)
    }
    this.#settleIdle()
  }

  #forget(job: Job): void {
    this.jobs.delete(job.id)
    if (job.slot !== noSlot && !(job instanceof PlainJob && job.keepsSlot)) {
      this.control.giveBackSlot(job.slot)
      job.slot = noSlot
    }
  }

  #releaseSkipped(id: number): void {
    const slot = this.#skipped.get(id)
    if (slot === undefined) return
    this.#skipped.delete(id)
    this.control.giveBackSlot(slot)
  }

  #settleIdle(): void {
    if (this.#backlog.length > 0) this.sendBacklog()
    if (this.jobs.size === 0) this.keepAlive(false)
  }

  /** Call it when a slot may have become free. */
  sendBacklog(): void {
    const waiting = this.#backlog
    this.#backlog = []
    for (const job of waiting) if (!job.isSettled) this.send(job)
  }

  /** Removes and returns the jobs that wait for an answer. After that, no answer is read and no job is sent. */
  end(reason: unknown): Job[] {
    this.#endedBy ??= reason
    return this.takeJobs()
  }

  /** Removes and returns the jobs that wait for an answer. */
  takeJobs(): Job[] {
    const jobs = [...this.jobs.values(), ...this.#backlog]
    this.jobs.clear()
    this.#backlog = []
    this.#outgoing = []
    this.#outgoingBytes = 0
    return jobs
  }

  /**
   * Removes and returns the jobs that wait behind the running one, for another thread. This thread skips them. If it has
   * just begun one, it runs that one for nothing, and its answer is ignored.
   *
   * @returns nothing if one of them must run on this thread.
   */
  takeWaiting(): Job[] {
    if (this.#outgoing.length > 0) this.#flush()
    const { running } = this.control
    const sent = [...this.jobs.values()]
    const waiting = [...sent.slice(sent.findIndex(({ id }) => id === running) + 1), ...this.#backlog]
    const taken = waiting.filter(({ isSettled }) => !isSettled)
    // The sequence numbers have just started again if the last one is smaller.
    if (running === 0 || running > this.#lastId || !taken.every(({ isRepeatable }) => isRepeatable)) return []
    this.control.skip(running, this.#lastId)
    this.#backlog = []
    for (const job of taken) {
      this.jobs.delete(job.id)
      if (job.slot !== noSlot) {
        this.control.abort(job.slot)
        this.#skipped.set(job.id, job.slot)
      }
      job.slot = noSlot
      job.id = 0
    }
    this.#settleIdle()
    return taken
  }

  protected lose(error: unknown): void {
    this.#events.onLost(this, error)
  }
}

const kept = 512

/** How long the last requests took, in milliseconds. */
class Latencies {
  readonly #recent = new Float64Array(kept)
  #count = 0

  add(milliseconds: number): void {
    this.#recent[this.#count++ % kept] = milliseconds
  }

  /** @param share for example 0.5 for the median. @returns undefined before the first request. */
  quantile(share: number): number | undefined {
    const sorted = this.#recent.slice(0, Math.min(this.#count, kept)).sort()
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  }
}
