import { RowBuilder } from './cells.ts'
import type { PinnedLog } from './housekeeping.ts'
import type { HousekeepingClient } from './housekeeping-client.ts'
import type { Job } from './job.ts'
import { Latencies } from './latencies.ts'
import { type Answer, AnswerType, noSlot, type Request, type RowsAnswer } from './protocol.ts'
import { PoolClosedError, WorkerLostError } from './query-errors.ts'
import type { ThreadControl } from './thread-control.ts'

/** So many requests are sent before the tick ends, so that the thread has begun when the last one is asked. */
const requestsPerMessage = 50

/** What a link tells its pool. */
export interface LinkEvents {
  /** The thread ended without being asked to. */
  onLost(link: ThreadLink, error: unknown): void
  /** An answer came: there may be room for more. */
  onAnswer(link: ThreadLink, job: Job, milliseconds: number): void
  /** Somebody keeps the write-ahead log from being emptied. */
  onPinnedLog(log: PinnedLog): void
}

/** The main thread's end of a connection: sends requests, keeps what waits for an answer. */
export abstract class ThreadLink {
  readonly role: 'writer' | 'reader'
  readonly control: ThreadControl
  /** Only of the writer. */
  abstract readonly housekeeping: HousekeepingClient | undefined
  /** The statement that was sent last. */
  lastSql = ''
  readonly latencies = new Latencies()
  /** What was sent and not answered, in the order of sending. */
  readonly jobs = new Map<number, Job>()
  readonly #builders: RowBuilder[] = []
  readonly #events: LinkEvents
  #outgoing: Request[] = []
  #lastId = 0
  #isFlushing = false
  #endedBy: unknown
  served = 0
  isOpen = false

  constructor(role: 'writer' | 'reader', control: ThreadControl, events: LinkEvents) {
    this.role = role
    this.control = control
    this.#events = events
  }

  /** Resolves when the connection is open. */
  abstract readonly opened: Promise<void>
  protected abstract post(requests: readonly Request[]): void
  /** Keeps the process alive for an answer, or no longer. */
  protected abstract keepAlive(isWaiting: boolean): void
  /** Ends the thread, whatever it is doing; inside SQLite that is as soon as SQLite returns. */
  abstract terminate(): Promise<void>

  get load(): number {
    return this.jobs.size
  }

  send(job: Job): void {
    if (this.#endedBy !== undefined) {
      job.fail(lostTo(this.#endedBy, this.role, job.sql))
      return
    }
    job.id = ++this.#lastId
    job.slot = (job.isAbortable ? this.control.takeSlot() : undefined) ?? noSlot
    if (job.sql !== '') this.lastSql = job.sql
    this.jobs.set(job.id, job)
    if (this.jobs.size === 1) this.keepAlive(true)
    this.#outgoing.push(job.request())
    if (this.#outgoing.length >= requestsPerMessage) this.#flush()
    else if (!this.#isFlushing) {
      this.#isFlushing = true
      queueMicrotask(this.#flushAtEndOfTick)
    }
  }

  readonly #flushAtEndOfTick = () => {
    this.#isFlushing = false
    if (this.#outgoing.length > 0) this.#flush()
  }

  #flush(): void {
    const requests = this.#outgoing
    this.#outgoing = []
    this.post(requests)
  }

  protected receive(answers: readonly Answer[]): void {
    for (const answer of answers) {
      this.#learnShapes(answer)
      const job = this.jobs.get(answer[1])
      if (!job) continue
      this.jobs.delete(answer[1])
      if (job.slot !== noSlot) this.control.giveBackSlot(job.slot)
      this.served++
      const milliseconds = answer[0] === AnswerType.notReadonly ? 0 : answer[2]
      this.latencies.add(milliseconds)
      job.settle(answer, this)
      this.#events.onAnswer(this, job, milliseconds)
    }
    if (this.jobs.size === 0) this.keepAlive(false)
  }

  #learnShapes(answer: Answer): void {
    if (answer[0] === AnswerType.rows) {
      if (answer[4]) this.#builders[answer[3]] = new RowBuilder(answer[4])
    } else if (answer[0] === AnswerType.batch) for (const result of answer[3]) this.#learnShapes(result)
  }

  /** The rows of an answer as objects. */
  rows(answer: RowsAnswer): Record<string, unknown>[] {
    const [, , , shape, , count, cells] = answer
    return this.#builders[shape]?.build(count, cells) ?? []
  }

  /** Takes away what waits for an answer. Nothing that comes from now on is heard, and nothing more can be asked. */
  end(reason: unknown): Job[] {
    this.#endedBy ??= reason
    return this.takeJobs()
  }

  /** Takes away what waits for an answer. */
  takeJobs(): Job[] {
    const jobs = [...this.jobs.values()]
    this.jobs.clear()
    this.#outgoing = []
    return jobs
  }

  protected lose(error: unknown): void {
    this.#events.onLost(this, error)
  }
}

function lostTo(reason: unknown, role: 'writer' | 'reader', sql: string): Error {
  return reason instanceof PoolClosedError ? reason : new WorkerLostError(role, sql, reason)
}
