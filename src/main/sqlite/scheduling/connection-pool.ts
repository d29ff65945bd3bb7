import { setTimeout as sleep } from 'node:timers/promises'
import { factsOfOpening } from '../errors/causes.ts'
import { DatabaseOpenError } from '../errors/open-errors.ts'
import { PoolClosedError, WorkerLostError } from '../errors/query-errors.ts'
import type { HousekeepingClient } from '../housekeeping/housekeeping-client.ts'
import { EarlyLink } from '../links/early-link.ts'
import { InlineLink } from '../links/inline-link.ts'
import type { ThreadLink } from '../links/thread-link.ts'
import { WorkerLink } from '../links/worker-link.ts'
import { openingPatience, Patience, usualPatience } from '../open/busy-wait.ts'
import type { EarlyConnection } from '../open/open-early.ts'
import { type MayOpen, noSlot, RequestType } from '../wire/protocol.ts'
import type { PoolSettings } from './pool-options.ts'
import { type ScheduledBackupOptions, ScheduledBackups } from './scheduled-backups.ts'
import { Scheduler } from './scheduler.ts'

/** Enough to copy and check some hundred gigabytes, in milliseconds. */
const longestRescue = 1_800_000

/** One writer and some readers on one database, from opening to closing. */
export class ConnectionPool {
  readonly scheduler: Scheduler
  readonly #settings: PoolSettings
  readonly #migrations: readonly string[]
  readonly #patience = { writer: new Patience(), reader: new Patience() }
  /** For the first writer only: a writer that replaces it starts while the pool is in use. */
  #cloneTo: string | undefined
  #scheduled: ScheduledBackups | undefined
  #closed: Promise<void> | undefined

  private constructor(
    path: string,
    migrations: readonly string[],
    settings: PoolSettings,
    cloneTo: string | undefined,
  ) {
    this.#migrations = migrations
    this.#settings = settings
    this.#cloneTo = cloneTo
    this.#waitForLocks(openingPatience)
    const start = (role: 'writer' | 'reader', mayOpen?: Promise<boolean>) => this.#start(role, mayOpen)
    // A backup would copy another owner's file, or remove good backups from another owner's folder.
    this.scheduler = new Scheduler(path, settings, start, () => void this.#scheduled?.stop())
  }

  /**
   * Opens the writer. Readers open the database after {@link startReaders}, when the database can be read.
   *
   * @param cloneTo where a clone of the database goes if migrations are pending and the filesystem can make one.
   * @param early a connection that this thread has opened. If all migrations have run, the writer is not opened yet.
   * @throws {DatabaseOpenError} and what a connection throws that cannot be opened. Everything is closed then, `early` too.
   */
  static async open(
    path: string,
    migrations: readonly string[],
    settings: PoolSettings,
    cloneTo?: string,
    early?: EarlyConnection,
  ): Promise<ConnectionPool> {
    const pool = new ConnectionPool(path, migrations, settings, cloneTo)
    const { scheduler } = pool
    if (early) pool.#useEarly(early)
    if (early?.isUpToDate) return pool
    try {
      const opening = scheduler.writer.open()
      scheduler.readers.prepare()
      await opening
      await scheduler.early?.terminate()
      if (!scheduler.hasReaders)
        await scheduler.readers.close(new Error('the database has one connection only'))
      return pool
    } catch (error) {
      await pool.close()
      throw error
    }
  }

  #useEarly(opened: EarlyConnection): void {
    const { scheduler } = this
    const options = { ...this.#settings, patience: this.#patience.reader.memory }
    try {
      scheduler.early = new EarlyLink(opened, options, scheduler)
    } catch (error) {
      opened.connection.close()
      opened.files.close()
      throw new DatabaseOpenError(scheduler.path, error, factsOfOpening(scheduler.path, error))
    }
    scheduler.fileId = scheduler.early.fileId
    scheduler.readers.mayOpen.resolve(true)
  }

  /** Opens the threads, and then closes the connection on this thread. */
  async startThreads(): Promise<void> {
    const { scheduler } = this
    this.startReaders()
    const readers = scheduler.readers.links.map(({ opened }) => opened)
    await Promise.all([scheduler.writer.open(), Promise.any(readers)])
    await scheduler.early?.terminate()
  }

  #start(role: 'writer' | 'reader', mayOpen?: Promise<boolean>): ThreadLink {
    const { integers, statementCacheSize, setup, mode, heapLimit } = this.#settings
    const { scheduler } = this
    const isWriter = role === 'writer'
    const options = {
      path: scheduler.path,
      role,
      migrations: isWriter ? this.#migrations : undefined,
      integers,
      statementCacheSize,
      setup,
      cloneTo: isWriter ? this.#cloneTo : undefined,
      patience: this.#patience[role].memory,
      fileId: scheduler.fileId,
    }
    if (isWriter) this.#cloneTo = undefined
    const allowed = mayOpen?.then((isWanted): MayOpen => isWanted && { fileId: scheduler.fileId })
    return mode === 'inline'
      ? new InlineLink(options, scheduler, allowed)
      : new WorkerLink(options, heapLimit, scheduler, allowed)
  }

  /** How long connections wait for another program that keeps the database locked, in milliseconds. */
  #waitForLocks(milliseconds: number): void {
    this.#patience.writer.milliseconds = milliseconds
    this.#patience.reader.milliseconds = milliseconds
  }

  /** Call it when opening is done. */
  startReaders(): void {
    this.#waitForLocks(usualPatience)
    if (this.scheduler.hasReaders) this.scheduler.readers.startFirst()
  }

  /** Starts to make backups from time to time. Closing ends that. */
  scheduleBackups(options: Omit<ScheduledBackupOptions, 'databasePath' | 'fileId' | 'isIdle'>): void {
    const { scheduler } = this
    this.#scheduled = new ScheduledBackups({
      ...options,
      databasePath: scheduler.path,
      fileId: () => scheduler.fileId,
      isIdle: () => scheduler.isIdle,
    })
  }

  /**
   * What the connection that writes does besides statements.
   *
   * @throws {PoolClosedError} {NestedQueryError} {WorkerLostError}
   */
  async housekeeping(): Promise<HousekeepingClient> {
    const { scheduler } = this
    scheduler.demandOpen(undefined)
    if (!scheduler.writer.link) await scheduler.writer.open()
    const client = scheduler.writer.link?.housekeeping
    if (!client) throw new WorkerLostError('writer', '', undefined)
    return client
  }

  /** Waits for work that is under way, up to the deadline; then ends readers and writer, in that order. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const { scheduler } = this
    scheduler.state = 'closing'
    await this.#endEarly()
    const { housekeeping } = scheduler.writer.link ?? {}
    const stopped = Promise.all([housekeeping?.stop(), this.#scheduled?.stop()])
    await Promise.all([this.#idle(), Promise.race([stopped, this.#deadline()])])
    // The rescued content exists nowhere else. A statement that never ends must not prevent the app from ending.
    await Promise.race([housekeeping?.rescueDone(), sleep(longestRescue, undefined, { ref: false })])
    scheduler.state = 'closed'
    await this.#end(new PoolClosedError(scheduler.path))
  }

  /** The writer closes the database with its checks and its record, so there must be one. */
  async #endEarly(): Promise<void> {
    const { early, writer } = this.scheduler
    if (!early) return
    // If it cannot be opened, nothing was written that has to be recorded.
    if (!writer.link) await writer.open().catch(() => undefined)
    await early.terminate()
  }

  #idle(): Promise<void> {
    const { scheduler } = this
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#settings.closeTimeout)
      scheduler.onIdle = () => {
        if (!scheduler.isIdle) return
        clearTimeout(timer)
        resolve()
      }
      scheduler.onIdle()
    })
  }

  /** @param error is what callers get that still wait. */
  async #end(error: Error): Promise<void> {
    const { writer, readers } = this.scheduler
    const writerClosed = writer.close(error)
    for (const link of readers.links) for (const job of link.end(error)) job.fail(() => error)
    // Nothing waits for the answers any more.
    this.#patience.reader.milliseconds = 0
    // A reader in which SQLite does not return changes nothing. It ends later.
    const readersClosed = readers.close(error).then(() => true)
    const isLast = await Promise.race([readersClosed, this.#deadline().then(() => false)])
    const link = await writerClosed
    if (link) await this.#endWriter(link, error, isLast)
    if (isLast) this.scheduler.early?.closeFiles()
  }

  /** @param isLast whether no reader has the files open. */
  async #endWriter(link: ThreadLink, error: Error, isLast: boolean): Promise<void> {
    for (const job of link.takeJobs()) {
      if (job.slot !== noSlot) link.control.abort(job.slot)
      job.fail(() => error)
    }
    // A write that still waits for another program's lock has not begun, so nothing is lost.
    this.#patience.writer.milliseconds = 0
    // A thread that ends by itself leaves the connection closed as well.
    const closed = link.request(({ id }) => [RequestType.close, id, isLast]).catch(() => undefined)
    await Promise.race([closed, this.#deadline()])
    link.end(error)
    await link.terminate()
  }

  #deadline(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#settings.closeTimeout).unref())
  }
}
