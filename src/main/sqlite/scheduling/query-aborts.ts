import type { AbortOutcome } from '../errors/query-errors.ts'
import { type Job, QueryJob } from '../links/jobs.ts'
import type { ThreadLink } from '../links/thread-link.ts'
import { Place } from '../wire/protocol.ts'
import type { ReaderSet } from './reader-set.ts'
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

  /**
   * Ends a job when its limits are reached. Call it before the job is submitted. If the job is settled afterwards, do
   * not submit it.
   *
   * @param onAborted is called when that happens, before the job fails. It may name another outcome.
   */
  limit(job: Job, onAborted: (outcome: AbortOutcome) => AbortOutcome = (outcome) => outcome): void {
    const { watch } = job
    if (!watch) return
    const abort = () => {
      const outcome = this.#stop(job)
      if (outcome === 'too-late') {
        watch.dismiss()
        return
      }
      const final = onAborted(outcome)
      job.fail(() => watch.error(job.sql, final))
    }
    if (watch.isReached) abort()
    else watch.onReached = abort
  }

  /** @returns 'too-late' for a write that is being committed. It takes effect, and its caller gets the result. */
  #stop(job: Job): AbortOutcome | 'too-late' {
    const { link, watch } = job
    if (!link || job.id === 0) {
      this.#writer.withdraw(job)
      this.#readers.withdraw(job)
      this.#events.onWithdrawn()
      return 'not-run'
    }
    if (watch?.isLeftRunning) return isRead(job) ? 'stopped' : 'unknown'
    const result = link.control.abort(job.slot)
    if (result === 'too-late') return result
    if (link.role === 'reader') this.recover(link, job.id)
    return result
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

function isRead(job: Job): boolean {
  return job instanceof QueryJob && job.place === Place.reader
}
