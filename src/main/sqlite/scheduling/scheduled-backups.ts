import { existsSync, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { OnWarning } from '../../../shared/data-dir-warning.ts'
import type { KeepBackups } from '../backup/backup-folder.ts'
import type { Backup } from '../files/backup-files.ts'
import { markForCheck } from '../files/check-mark.ts'
import type { FileTasks } from '../repair/file-tasks.ts'

const indexDamage = { code: 'SQLITE_CORRUPT', message: 'a backup has a damaged index' }

export interface ScheduledBackupOptions {
  readonly databasePath: string
  /** How old the newest backup may become, in milliseconds. */
  readonly every: number
  readonly keep: KeepBackups | undefined
  readonly copy: FileTasks['copy']
  /** The file that the pool has open. */
  readonly fileId: () => string | undefined
  /** Whether no query is running or waiting. */
  readonly isIdle: () => boolean
  readonly onWarning: OnWarning
}

/** Longest time between two looks, in milliseconds: a timer does not count the time in which the computer sleeps. */
const longestWait = 3_600_000
/** The time until the first look, in milliseconds. */
const firstLook = 250
/** The time between two looks for idle time, in milliseconds. An open stream may keep it from coming for hours. */
const idleLook = 2_000

/**
 * Makes a backup when the newest one has become too old. A connection of its own reads the database, so a write never
 * waits for the copy. A backup begins in idle time, which is when the write-ahead log has been emptied. If there is no
 * idle time for as long as a backup may be old, it begins anyway.
 */
export class ScheduledBackups {
  readonly #options: ScheduledBackupOptions
  readonly #canceling = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #dueSince: number | undefined
  #made: Promise<void> = Promise.resolve()

  constructor(options: ScheduledBackupOptions) {
    this.#options = options
    this.#wait(firstLook)
  }

  /** Makes no more backups. Resolves when no part of one is left. */
  async stop(): Promise<void> {
    this.#canceling.abort()
    clearTimeout(this.#timer)
    await this.#made
  }

  #wait(milliseconds: number): void {
    if (this.#canceling.signal.aborted) return
    this.#timer = setTimeout(this.#look, Math.min(milliseconds, longestWait)).unref()
  }

  readonly #look = (): void => {
    this.#made = this.#makeIfDue().catch((error: unknown) => {
      this.#warn(error)
      this.#dueSince = undefined
      this.#wait(longestWait)
    })
  }

  async #makeIfDue(): Promise<void> {
    const { databasePath, every, keep, copy, fileId } = this.#options
    // An app starts without this code.
    const folder = await import('../backup/backup-folder.ts')
    if (folder.keptCount(keep) === 0) return
    // The calls that follow are synchronous, and a server that does not answer must not block this thread.
    await stat(databasePath).catch(() => undefined)
    if (this.#canceling.signal.aborted) return
    const early = this.#millisecondsLeft(folder.listBackups(databasePath))
    if (early > 0) {
      this.#wait(early)
      return
    }
    const now = performance.now()
    this.#dueSince ??= now
    if (!this.#isIdle() && now - this.#dueSince < every) {
      this.#wait(idleLook)
      return
    }
    const path = folder.newBackupPath(databasePath, undefined)
    const { damage } = await copy(databasePath, path, fileId(), this.#canceling.signal)
    if (damage) {
      // The next open checks the database and offers to rebuild the indexes.
      markForCheck(databasePath, indexDamage)
      folder.markIndexDamaged(databasePath, path)
    }
    folder.pruneBackups(databasePath, keep, 'scheduled')
    this.#dueSince = undefined
    this.#wait(every)
  }

  /** @returns how long the newest backup is still new enough. A time in the future says nothing about its age. */
  #millisecondsLeft([newest]: readonly Backup[]): number {
    const age = newest ? Date.now() - Number(newest.madeAt) : Infinity
    return age < 0 ? 0 : this.#options.every - age
  }

  #isIdle(): boolean {
    const log = `${this.#options.databasePath}-wal`
    return this.#options.isIdle() && (!existsSync(log) || statSync(log).size === 0)
  }

  #warn(error: unknown): void {
    if (this.#canceling.signal.aborted) return
    const { databasePath: path, onWarning } = this.#options
    const message = error instanceof Error ? error.message : String(error)
    // An error of the callback is an uncaught exception. It does not end the schedule.
    queueMicrotask(() => onWarning({ code: 'DATADIR_SCHEDULED_BACKUP_FAILED', message, path }))
  }
}
