import { existsSync, ftruncateSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import type { BackupResult } from '../backup/check-backup.ts'
import { readRecord } from '../files/checkpoint-record.ts'
import type { DatabaseFiles } from '../files/database-files.ts'
import type { OpenWriter } from '../open/open-writer.ts'
import { logState } from './checkpoint.ts'
import { RecordKeeper } from './checkpoint-recorder.ts'
import { FileWatch, type LostFile } from './file-watch.ts'
import type { CheckpointGuard } from './housekeeping.ts'
import { rescue } from './rescue.ts'

const lookMilliseconds = 1_000

interface Guarded {
  readonly files: DatabaseFiles
  readonly keeper: RecordKeeper
  watch: FileWatch
}

/**
 * Guards the files of the connection that writes, on its thread: looks each second and before each checkpoint whether
 * they are still the ones that were opened, and records each checkpoint.
 */
export class FileGuard implements CheckpointGuard {
  readonly #connection: Database
  readonly #files: DatabaseFiles | undefined
  /** undefined when this process may not read the files, or the database is not in WAL mode. */
  readonly #guarded: Guarded | undefined
  readonly #onLost: (lost: LostFile) => void
  readonly #timer: NodeJS.Timeout | undefined
  #lost: LostFile | undefined
  #isRescued = false
  #isSuspended = false

  /** @param onLost called once, when a file is no longer the one that was opened. */
  constructor({ connection, files }: OpenWriter, onLost: (lost: LostFile) => void) {
    this.#connection = connection
    this.#files = files
    this.#onLost = onLost
    // Without a log every commit changes the database.
    if (!files || connection.pragma('journal_mode', { simple: true }) !== 'wal') return
    const keeper = new RecordKeeper(files, readRecord(files.path), logState(connection))
    this.#guarded = { files, keeper, watch: new FileWatch(connection, files, keeper) }
    this.#timer = setInterval(() => this.look(), lookMilliseconds).unref()
  }

  /** Which database file is open, for a writer that replaces this one. */
  get fileId(): string | undefined {
    return this.#files?.id
  }

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  /** @returns whether a checkpoint may begin now. */
  look(): boolean {
    if (this.#lost || !this.#guarded || !this.#connection.open) return false
    if (this.#isSuspended) return true
    try {
      const seen = this.#guarded.watch.look()
      if (typeof seen === 'string') return seen === 'ours'
      this.#lost = seen
    } catch {
      // A path that cannot be followed in this moment, for instance. The next look comes in a second.
      return false
    }
    clearInterval(this.#timer)
    this.#onLost(this.#lost)
    return false
  }

  /**
   * Does a checkpoint and records the files before and after it.
   *
   * @returns what the work returns, or undefined when there must be no checkpoint now.
   * @throws better-sqlite3's SqliteError inside a transaction or while a statement returns rows.
   */
  checkpoint<Result>(work: () => Result): Result | undefined {
    if (!this.#guarded || this.#isSuspended) return work()
    if (!this.look()) return undefined
    const { keeper, watch } = this.#guarded
    const { walPages, checkpointedPages } = logState(this.#connection)
    // Only the log changes when everything in it is in the database already.
    const isRecorded = walPages > checkpointedPages
    if (isRecorded && !keeper.beginCheckpoint()) return undefined
    try {
      return work()
    } finally {
      const log = logState(this.#connection)
      if (isRecorded) keeper.endCheckpoint(log)
      watch.noteCheckpoint(log)
    }
  }

  /** To be called before the answer to a request is sent. */
  noteChanges(): void {
    // The answer to a request to close is sent when the files are closed.
    if (this.#lost || !this.#connection.open) return
    try {
      this.#guarded?.keeper.noteChanges()
    } catch {
      // A network filesystem that does not answer, for instance. The answer to the request counts more.
    }
  }

  /** To be called before a statement that may take the database out of WAL mode: SQLite then removes the log. */
  suspend(): void {
    this.look()
    this.#isSuspended = true
  }

  /** To be called when the database may be in WAL mode again. */
  resume(): void {
    if (!this.#isSuspended || !this.#guarded || this.#lost || this.#connection.inTransaction) return
    if (this.#connection.pragma('journal_mode', { simple: true }) !== 'wal') return
    this.#isSuspended = false
    const { files, keeper } = this.#guarded
    files.reopenLog()
    keeper.renew(logState(this.#connection))
    this.#guarded.watch = new FileWatch(this.#connection, files, keeper)
  }

  /**
   * Saves what the lost files hold.
   *
   * @param seal turns a finished copy into a database of its own.
   * @returns the path of what was saved; undefined when nothing could be saved.
   */
  async rescue(seal: (partial: string) => Promise<BackupResult>): Promise<string | undefined> {
    if (!this.#guarded || !this.#lost) return undefined
    try {
      const path = await rescue(this.#connection, this.#guarded.files, this.#lost, seal)
      this.#isRescued = true
      return path
    } catch {
      // A full disk or a folder that is gone. There is no other place to save it.
      return undefined
    }
  }

  /** To be called before the connection is closed. */
  stop(): void {
    clearInterval(this.#timer)
    // If nothing could be saved, what SQLite does on closing is the only way left to keep the content.
    if (!this.#guarded || !this.#isRescued) return
    const { files, keeper } = this.#guarded
    // SQLite leaves everything as it is when the database is no longer under its path. Otherwise it moves the log into
    // the database, which completes a database that is still ours, and removes the file in the place of the log. It does
    // neither with a log that is too short.
    if (!files.isInPlace || files.log === undefined) return
    const isOurs = keeper.isAsRecorded && files.isLogFreeOfOthers
    if (!isOurs) ftruncateSync(files.log, 0)
  }

  /**
   * To be called after the connection was closed.
   *
   * @param areReadersClosed otherwise the files stay open: closing them would drop the readers' locks.
   */
  close(areReadersClosed: boolean): void {
    if (this.#guarded && !this.#lost)
      this.#guarded.keeper.close(existsSync(`${this.#guarded.files.path}-wal`))
    if (areReadersClosed) this.#files?.close()
  }
}
