import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseReplacedError } from '../errors/open-errors.ts'
import type { PinnedLog } from '../housekeeping/housekeeping.ts'
import { InlineLink } from '../links/inline-link.ts'
import { ask, type Job } from '../links/jobs.ts'
import type { ThreadLink } from '../links/thread-link.ts'
import { WorkerLink } from '../links/worker-link.ts'
import { openingPatience, Patience } from '../open/busy-wait.ts'
import { type MayOpen, RequestType } from '../wire/protocol.ts'
import { ThreadControl } from '../wire/thread-control.ts'
import type { PoolSettings } from './pool-options.ts'
import { ReaderSet } from './reader-set.ts'
import { WriterQueue } from './writer-queue.ts'

/** In milliseconds. */
const longestLook = 1_000

/** What connections report to their pool. */
export interface ConnectionEvents {
  /** A thread ended without being asked to. */
  onLost(link: ThreadLink, error: unknown): void
  /** One has less to do than before. */
  onAnswer(): void
  /** A file is no longer the one that was opened. No connection writes any more. */
  onFilesLost(error: DatabaseReplacedError): void
}

/** The connections of one database: how they start, and what they report. */
export class Connections {
  readonly writer: WriterQueue
  readonly readers: ReaderSet
  readonly patience = { writer: new Patience(), reader: new Patience() }
  readonly #path: string
  readonly #migrations: readonly string[]
  readonly #settings: PoolSettings
  readonly #events: ConnectionEvents
  /** For the first writer only: a writer that replaces it starts while the pool is in use. */
  #cloneTo: string | undefined
  #refusesWrites = false
  #fileId: string | undefined
  #lostBecause: DatabaseReplacedError | undefined

  constructor(
    path: string,
    migrations: readonly string[],
    settings: PoolSettings,
    events: ConnectionEvents,
    cloneTo: string | undefined,
  ) {
    this.#path = path
    this.#migrations = migrations
    this.#settings = settings
    this.#events = events
    this.#cloneTo = cloneTo
    this.beAsPatientAs(openingPatience)
    this.writer = new WriterQueue(() => this.#startWriter(), settings.waitTimeout)
    this.readers = new ReaderSet(
      (mayOpen) => this.#startLink('reader', mayOpen),
      settings.mode === 'inline' ? 1 : settings.readers,
      settings.waitTimeout,
      (error) => this.#explained(error),
    )
  }

  /** Why a reader could not open the database: its files may have been lost since the last look. */
  async #explained(error: Error): Promise<Error> {
    const looked = this.writer.link?.housekeeping?.look().catch(() => undefined)
    // A statement that keeps the writer busy must not keep the error back.
    await Promise.race([looked, sleep(longestLook, undefined, { ref: false })])
    return this.#lostBecause ?? error
  }

  /** Which file the first connection has opened. */
  get fileId(): string | undefined {
    return this.#fileId
  }

  async #startWriter(): Promise<ThreadLink> {
    const link = this.#startLink('writer')
    try {
      await link.opened
    } catch (error) {
      if (error instanceof DatabaseReplacedError) this.#onFilesLost(error)
      throw error
    }
    this.#fileId ??= link.fileId
    if (this.#refusesWrites) await ask(link, '', ({ id }) => [RequestType.refuseWrites, id])
    return link
  }

  #startLink(role: 'writer' | 'reader', mayOpen?: Promise<boolean>): ThreadLink {
    const { integers, statementCacheSize, trustedSchema, mode, heapLimit } = this.#settings
    const migrations = role === 'writer' ? this.#migrations : undefined
    const cloneTo = role === 'writer' ? this.#cloneTo : undefined
    if (role === 'writer') this.#cloneTo = undefined
    const options = {
      path: this.#path,
      role,
      migrations,
      integers,
      statementCacheSize,
      trustedSchema,
      cloneTo,
      patience: this.patience[role].memory,
      fileId: this.#fileId,
    }
    const allowed = mayOpen?.then((isWanted): MayOpen => isWanted && { fileId: this.#fileId })
    const control = new ThreadControl()
    const events = {
      onLost: (link: ThreadLink, error: unknown) => this.#events.onLost(link, error),
      onAnswer: (link: ThreadLink, job: Job, milliseconds: number) => this.#onAnswer(link, job, milliseconds),
      onPinnedLog: (log: PinnedLog) => this.#onPinnedLog(log),
      onFilesLost: (error: DatabaseReplacedError) => this.#onFilesLost(error),
    }
    return mode === 'inline'
      ? new InlineLink(options, control, events, allowed)
      : new WorkerLink(options, control, heapLimit, events, allowed)
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

  /** @param milliseconds how long every connection waits for another program that keeps the database locked. */
  beAsPatientAs(milliseconds: number): void {
    this.patience.writer.milliseconds = milliseconds
    this.patience.reader.milliseconds = milliseconds
  }

  #onFilesLost(error: DatabaseReplacedError): void {
    if (this.#lostBecause) return
    this.#lostBecause = error
    this.refuseWrites()
    this.readers.openNoMore(error)
    this.#events.onFilesLost(error)
  }

  /** From now on every write fails with `SQLITE_READONLY`, and an open transaction is rolled back; reads go on. */
  refuseWrites(): void {
    this.#refusesWrites = true
    const { link } = this.writer
    // If the writer ends meanwhile, its replacement refuses writes from its start.
    if (link) ask(link, '', ({ id }) => [RequestType.refuseWrites, id]).catch(() => undefined)
  }
}
