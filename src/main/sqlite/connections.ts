import type { PinnedLog } from './housekeeping.ts'
import { InlineLink } from './inline-link.ts'
import type { PoolSettings } from './pool-options.ts'
import { RequestType } from './protocol.ts'
import { ReaderSet } from './reader-set.ts'
import { ask, type Job } from './requests.ts'
import { ThreadControl } from './thread-control.ts'
import type { ThreadLink } from './thread-link.ts'
import { WorkerLink } from './worker-link.ts'
import { WriterQueue } from './writer-queue.ts'

/** What connections report to their pool. */
export interface ConnectionEvents {
  /** A thread ended without being asked to. */
  onLost(link: ThreadLink, error: unknown): void
  /** One has less to do than before. */
  onAnswer(): void
}

/** The connections of one database: how they start, and what they report. */
export class Connections {
  readonly writer: WriterQueue
  readonly readers: ReaderSet
  readonly #path: string
  readonly #migrations: readonly string[]
  readonly #settings: PoolSettings
  readonly #events: ConnectionEvents
  #refusesWrites = false
  #fileId: string | undefined

  constructor(path: string, migrations: readonly string[], settings: PoolSettings, events: ConnectionEvents) {
    this.#path = path
    this.#migrations = migrations
    this.#settings = settings
    this.#events = events
    this.writer = new WriterQueue(() => this.#startWriter(), settings.waitTimeout)
    this.readers = new ReaderSet(
      (mayOpen) => this.#startLink('reader', mayOpen),
      settings.mode === 'inline' ? 1 : settings.readers,
      settings.waitTimeout,
    )
  }

  async #startWriter(): Promise<ThreadLink> {
    const link = this.#startLink('writer')
    await link.opened
    this.#fileId ??= link.fileId
    if (this.#refusesWrites) await ask(link, '', ({ id }) => [RequestType.refuseWrites, id])
    return link
  }

  #startLink(role: 'writer' | 'reader', mayOpen?: Promise<boolean>): ThreadLink {
    const { integers, statementCacheSize, trustedSchema, mode, heapLimit } = this.#settings
    const migrations = role === 'writer' ? this.#migrations : undefined
    const connection = { integers, statementCacheSize, trustedSchema, fileId: this.#fileId }
    const options = { path: this.#path, role, migrations, ...connection }
    const control = new ThreadControl()
    const events = {
      onLost: (link: ThreadLink, error: unknown) => this.#events.onLost(link, error),
      onAnswer: (link: ThreadLink, job: Job, milliseconds: number) => this.#onAnswer(link, job, milliseconds),
      onPinnedLog: (log: PinnedLog) => this.#onPinnedLog(log),
    }
    return mode === 'inline'
      ? new InlineLink(options, control, events, mayOpen)
      : new WorkerLink(options, control, heapLimit, events, mayOpen)
  }

  #onAnswer(link: ThreadLink, job: Job, milliseconds: number): void {
    const { onSlowQuery, slowQueryThreshold } = this.#settings
    if (onSlowQuery && milliseconds >= slowQueryThreshold && job.sql !== '') {
      const query = { sql: job.sql, milliseconds, role: link.role }
      // Its errors are the app's own, and no reason to lose an answer.
      queueMicrotask(() => onSlowQuery(query))
    }
    if (link.role === 'reader') this.readers.noticeAnswer(link)
    this.#events.onAnswer()
  }

  #onPinnedLog(log: PinnedLog): void {
    const statements = this.readers.busyStatements
    this.#settings.onPinnedLog?.({ ...log, statements })
  }

  /** From now on every write fails with `SQLITE_READONLY`, and an open transaction is rolled back; reads go on. */
  refuseWrites(): void {
    this.#refusesWrites = true
    const { link } = this.writer
    // If the writer ends meanwhile, its replacement refuses writes from its start.
    if (link) ask(link, '', ({ id }) => [RequestType.refuseWrites, id]).catch(() => undefined)
  }
}
