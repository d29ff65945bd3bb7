import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../links/jobs.ts'
import type { ThreadLink } from '../links/thread-link.ts'
import { noSlot, RequestType } from '../wire/protocol.ts'
import type { Connections } from './connections.ts'
import type { ReaderSet } from './reader-set.ts'
import type { ScheduledBackups } from './scheduled-backups.ts'
import type { WriterQueue } from './writer-queue.ts'

/** In milliseconds: enough to copy and check some hundred gigabytes. */
const longestRescue = 1_800_000

/** How a pool's connections come to their end: first what is under way, then the readers, then the writer. */
export class ClosingOrder {
  readonly #connections: Connections
  readonly #writer: WriterQueue
  readonly #readers: ReaderSet
  readonly #timeout: number
  #onIdle: (() => void) | undefined
  #scheduled: ScheduledBackups | undefined

  /** @param timeout how long each of the three may take, in milliseconds. */
  constructor(connections: Connections, timeout: number) {
    this.#connections = connections
    this.#writer = connections.writer
    this.#readers = connections.readers
    this.#timeout = timeout
  }

  /** Makes backups part of the work that closing stops. */
  include(scheduled: ScheduledBackups): void {
    this.#scheduled = scheduled
  }

  /** Resolves when nothing is under way, backups included, or the time is over. */
  async workDone(): Promise<void> {
    const { housekeeping } = this.#writer.link ?? {}
    const stopped = Promise.all([housekeeping?.stop(), this.#scheduled?.stop()])
    await Promise.all([this.#idle(), Promise.race([stopped, this.#deadline()])])
    // What is saved there is nowhere else. A statement that never ends must not keep the app from ending.
    await Promise.race([housekeeping?.rescueDone(), sleep(longestRescue, undefined, { ref: false })])
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#timeout)
      this.#onIdle = () => {
        clearTimeout(timer)
        resolve()
      }
      this.noticeIdle()
    })
  }

  /** To be called when something may have come to its end. */
  noticeIdle(): void {
    if (this.#onIdle && this.#writer.isIdle && this.#readers.isIdle) this.#onIdle()
  }

  /** @param error what is told to whoever still waits. */
  async end(error: Error): Promise<void> {
    const writer = this.#writer.close(error)
    for (const link of this.#readers.links) for (const job of link.end(error)) job.fail(() => error)
    // Nobody waits for the answers any more.
    this.#connections.patience.reader.milliseconds = 0
    // A reader that SQLite does not return from changes nothing; it ends later.
    const readersClosed = this.#readers.close(error).then(() => true)
    const isLast = await Promise.race([readersClosed, this.#deadline().then(() => false)])
    const link = await writer
    if (link) await this.#endWriter(link, error, isLast)
  }

  /** @param isLast no reader has the files open. */
  async #endWriter(link: ThreadLink, error: Error, isLast: boolean): Promise<void> {
    for (const job of link.takeJobs()) {
      if (job.slot !== noSlot) link.control.abort(job.slot)
      job.fail(() => error)
    }
    // A write that still waits for another program's lock has lost nothing, because it has not begun.
    this.#connections.patience.writer.milliseconds = 0
    // A thread that ends by itself leaves the connection closed as well.
    const told = ask(link, '', ({ id }) => [RequestType.close, id, isLast]).catch(() => undefined)
    await Promise.race([told, this.#deadline()])
    link.end(error)
    await link.terminate()
  }

  #deadline(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#timeout).unref())
  }
}
