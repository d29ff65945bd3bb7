import type { Job } from './job.ts'
import { noSlot, Place } from './protocol.ts'
import { QueryAbortedError } from './query-errors.ts'
import { abortedSignalOf, type CombinedLimits, watchLimits } from './query-limits.ts'
import type { ReaderSet } from './reader-set.ts'
import { type BatchJob, QueryJob } from './requests.ts'
import type { ThreadLink } from './thread-link.ts'
import type { WriterQueue } from './writer-queue.ts'

/** How long an aborted read may take to come back before another reader takes its thread's place. */
const abortGrace = 50

/** What else is to be done about a query that was ended. */
export interface AbortEvents {
  /** A reader's thread is given up, with what it has in hand. */
  onReplaced(link: ThreadLink): void
  /** A query that waited for a connection does not any more. */
  onWithdrawn(): void
}

/** Ends queries that reach their limits, wherever in a pool they are by then. */
export class QueryAborts {
  readonly #writer: WriterQueue
  readonly #readers: ReaderSet
  readonly #events: AbortEvents

  constructor(writer: WriterQueue, readers: ReaderSet, events: AbortEvents) {
    this.#writer = writer
    this.#readers = readers
    this.#events = events
  }

  /** Has a job end when its limits are reached. */
  limit(job: QueryJob | BatchJob, limits: CombinedLimits): void {
    const aborted = abortedSignalOf(limits)
    if (aborted) {
      job.fail(new QueryAbortedError(job.sql, 'not-run', aborted.reason))
      return
    }
    job.onSettled = watchLimits(limits, (cause) => this.#abort(job, cause))
  }

  #abort(job: QueryJob | BatchJob, cause: unknown): void {
    const link = this.#linkOf(job)
    if (!link) {
      job.fail(new QueryAbortedError(job.sql, 'not-run', cause))
      this.#writer.withdraw(job)
      this.#readers.withdraw(job)
      this.#events.onWithdrawn()
      return
    }
    const isRead = job instanceof QueryJob && job.place === Place.reader
    const isStopped = job.slot !== noSlot && link.control.abort(job.slot)
    // A write that is being committed is a write that happened: its caller is told so.
    if (!isRead && !isStopped) return
    const wasRunning = link.control.running === job.id
    job.fail(new QueryAbortedError(job.sql, wasRunning ? 'stopped' : 'not-run', cause))
    if (link.role === 'reader') this.recover(link, job.id)
  }

  #linkOf(job: Job): ThreadLink | undefined {
    if (job.id === 0) return undefined
    return [this.#writer.link, ...this.#readers.links].find((link) => link?.jobs.get(job.id) === job)
  }

  /** Replaces a reader that does not come back from a query nobody wants any more. */
  recover(link: ThreadLink, id: number): void {
    const check = () => {
      if (!link.jobs.has(id)) return
      // It may still be waiting behind somebody else's query.
      if (link.control.running !== id || !this.#retire(link)) setTimeout(check, abortGrace).unref()
    }
    setTimeout(check, abortGrace).unref()
  }

  #retire(link: ThreadLink): boolean {
    if (!this.#readers.retire(link)) return false
    this.#events.onReplaced(link)
    return true
  }
}
