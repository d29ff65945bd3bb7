import { statSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { attempt } from '../../../shared/attempt.ts'
import { type CheckpointResult, checkpoint, logState } from './checkpoint.ts'
import type { FileGuard } from './file-guard.ts'

/** A reader has kept the write-ahead log from being emptied. */
export interface PinnedLog {
  /** The size of `NAME.db-wal`, in bytes. */
  readonly walBytes: number
  /** For how many milliseconds the log could not be emptied. */
  readonly pinnedMilliseconds: number
}

export interface HousekeepingOptions {
  /** Allows and records the checkpoints. Default: every checkpoint is allowed, and none is recorded. */
  readonly guard?: Pick<FileGuard, 'isLost' | 'checkpoint'>
  /** How long the connection has to be idle before a checkpoint, in milliseconds. Default 1000. */
  readonly idleMilliseconds?: number
  /** A log larger than this is emptied between two requests, without idle time. Default 16 MiB. */
  readonly walLimitBytes?: number
  /** After how long a pinned log is reported, and reported again, in milliseconds. Default 10 000. */
  readonly pinnedAfterMilliseconds?: number
  readonly onPinned?: (log: PinnedLog) => void
}

const defaults = {
  guard: { isLost: false, checkpoint: (work) => work() },
  idleMilliseconds: 1000,
  walLimitBytes: 16 * 2 ** 20,
  pinnedAfterMilliseconds: 10_000,
  onPinned: () => undefined,
} satisfies Required<HousekeepingOptions>

const optimizeMilliseconds = 3_600_000

// If so much of the log is not in the database yet, it is moved there between two requests, without idle time.
const moveBytes = 4 * 2 ** 20

// Between requests, the size of the log is read at most this often.
const lookMilliseconds = 100

/**
 * Maintains the database on the connection that writes, in its thread: it empties the write-ahead log in idle time, or
 * when the log has become large, and keeps the statistics of the query planner up to date. If a stream keeps the connection,
 * the disk is full, or the folder cannot be read, the log stays, and nothing is lost.
 *
 * A log shrinks only while no connection reads from it (sqlite.org/wal.html#ckpt). So a reader that never ends makes it grow
 * without limit, which is reported.
 */
export class Housekeeping {
  readonly #connection: Database
  readonly #options: Required<HousekeepingOptions>
  #timer: NodeJS.Timeout | undefined
  #touchedAt = 0
  #lookedAt = 0
  #pinnedSince: number | undefined
  #reportedAt = 0
  readonly #optimizing: NodeJS.Timeout

  constructor(connection: Database, options: HousekeepingOptions = {}) {
    this.#connection = connection
    this.#options = { ...defaults, ...options }
    // A log may outgrow this for a while; when it starts over, the file is cut to this size
    // (sqlite.org/pragma.html#pragma_journal_size_limit).
    connection.pragma(`journal_size_limit = ${this.#options.walLimitBytes}`)
    this.#optimizing = setInterval(() => this.#optimize(), optimizeMilliseconds).unref()
    this.touch()
  }

  /** Call it after each request. It postpones the work of idle time, and moves a part of a large log. */
  touch(): void {
    const now = performance.now()
    this.#touchedAt = now
    this.#timer ??= setTimeout(this.#look, this.#options.idleMilliseconds).unref()
    if (now - this.#lookedAt < lookMilliseconds) return
    this.#lookedAt = now
    attempt(() => this.#moveMuch())
  }

  /** A commit does no checkpoint by itself, because that one could not be recorded. */
  #moveMuch(): void {
    // A log that starts over keeps its size, so only SQLite can report how much of it is not moved yet.
    if (this.#walBytes() <= moveBytes || this.#connection.inTransaction || !this.#mayWrite()) return
    const { walPages, checkpointedPages } = logState(this.#connection)
    const pageSize = this.#connection.pragma('page_size', { simple: true }) as number
    if ((walPages - checkpointedPages) * pageSize <= moveBytes) return
    this.#guarded(() => checkpoint(this.#connection, 'passive'))
  }

  /** @returns undefined if there must be no checkpoint now, or SQLite allows none. */
  #guarded(work: () => CheckpointResult | undefined): CheckpointResult | undefined {
    if (this.#connection.inTransaction) return undefined
    return this.#options.guard.checkpoint(work)
  }

  /** Call it before the connection is closed. It updates the statistics, and then empties the log. */
  close(): void {
    clearTimeout(this.#timer)
    clearInterval(this.#optimizing)
    attempt(() => this.#mayWrite() && optimize(this.#connection))
    attempt(() => this.#mayWrite() && this.#guarded(() => checkpoint(this.#connection, 'truncate')))
    attempt(() => this.#mayWrite() && this.#emptyAttached(0))
  }

  readonly #look = () => {
    this.#timer = undefined
    const { idleMilliseconds } = this.#options
    const isIdle = performance.now() - this.#touchedAt >= idleMilliseconds
    const isDone = attempt(() => {
      const limit = isIdle ? 0 : this.#options.walLimitBytes
      if (this.#mayWrite()) attempt(() => this.#emptyAttached(limit))
      const isDue = this.#walBytes() > limit
      return !isDue || this.#emptyLog()
    })
    // What keeps an idle log from being emptied may last for hours.
    const wait = isIdle ? 2 * idleMilliseconds : idleMilliseconds
    if (!isIdle || !isDone) this.#timer = setTimeout(this.#look, wait).unref()
  }

  /** @returns false if it must be tried again. */
  #emptyLog(): boolean {
    if (!this.#mayWrite()) return true
    const moved = this.#guarded(() => this.#moveAll())
    if (!moved) return false
    if (moved.walPages === 0) {
      this.#pinnedSince = undefined
      return true
    }
    const isComplete = moved.checkpointedPages === moved.walPages
    // A reader at the very end of a small log does no harm.
    if (isComplete && this.#walBytes() <= this.#options.walLimitBytes) this.#pinnedSince = undefined
    else this.#notePinned()
    return false
  }

  /** Commits do no checkpoints, also not in an attached database. So this method does them. It does not record them. */
  #emptyAttached(limit: number): void {
    if (this.#connection.inTransaction) return
    const attached = this.#connection.pragma('database_list') as {
      readonly name: string
      readonly file: string
    }[]
    for (const { name, file } of attached) {
      if (name === 'main' || name === 'temp') continue
      const bytes = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
      if (bytes > limit) checkpoint(this.#connection, 'truncate', name)
    }
  }

  /** @returns no pages if the log is empty now. */
  #moveAll(): CheckpointResult | undefined {
    const moved = checkpoint(this.#connection, 'passive')
    if (moved?.checkpointedPages !== moved?.walPages) return moved
    const emptied = checkpoint(this.#connection, 'truncate')
    return emptied?.busy === false ? { ...emptied, walPages: 0 } : moved
  }

  /** Not after the lock or a file was lost, because the file may then belong to another process. */
  #mayWrite(): boolean {
    if (this.#options.guard.isLost) return false
    return this.#connection.open && this.#connection.pragma('query_only', { simple: true }) === 0
  }

  #notePinned(): void {
    const now = performance.now()
    this.#pinnedSince ??= now
    const pinnedMilliseconds = now - this.#pinnedSince
    const { pinnedAfterMilliseconds, onPinned } = this.#options
    if (pinnedMilliseconds < pinnedAfterMilliseconds || now - this.#reportedAt < pinnedAfterMilliseconds)
      return
    this.#reportedAt = now
    onPinned({ walBytes: this.#walBytes(), pinnedMilliseconds: Math.round(pinnedMilliseconds) })
  }

  #optimize(): void {
    if (this.#connection.inTransaction) return
    attempt(() => this.#mayWrite() && optimize(this.#connection))
  }

  #walBytes(): number {
    return statSync(`${this.#connection.name}-wal`, { throwIfNoEntry: false })?.size ?? 0
  }
}

/**
 * Lets SQLite gather statistics if they would help, with a limit so that it takes little time
 * (sqlite.org/pragma.html#pragma_optimize).
 */
export function optimize(connection: Database): void {
  connection.pragma('main.optimize')
}
