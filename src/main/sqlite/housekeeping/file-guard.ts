import { existsSync, ftruncateSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { attempt } from '../../../shared/attempt.ts'
import type { Copying } from '../backup/backup.ts'
import type { DatabaseFiles } from '../files/database-files.ts'
import type { OpenWriter } from '../open/open-writer.ts'
import { hasWal } from '../open/pragmas.ts'
import { FileWatch, type LostFile } from './file-watch.ts'
import { rescue } from './rescue.ts'

const lookMilliseconds = 2_000

/**
 * Guards the files of the connection that writes, on its thread. Every 2 s and before each checkpoint it looks whether they
 * are still the ones that were opened.
 */
export class FileGuard {
  readonly #connection: Database
  readonly #files: DatabaseFiles | undefined
  /** undefined if this process may not read the files, or if the database is not in WAL mode. */
  readonly #watch: FileWatch | undefined
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
    if (!files || !hasWal(connection)) return
    this.#watch = new FileWatch(connection, files)
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
    if (this.#lost || !this.#watch || !this.#connection.open) return false
    if (this.#isSuspended) return true
    try {
      const seen = this.#watch.look()
      if (typeof seen === 'string') return seen === 'ours'
      this.#lost = seen
    } catch {
      // A path that cannot be followed now, for example. The next look comes in 2 s.
      return false
    }
    clearInterval(this.#timer)
    this.#onLost(this.#lost)
    return false
  }

  /**
   * Does a checkpoint and records the files before and after it.
   *
   * @returns what the work returns, or undefined if there must be no checkpoint now.
   * @throws better-sqlite3's SqliteError inside a transaction or while a statement returns rows.
   */
  checkpoint<Result>(work: () => Result): Result | undefined {
    if (!this.#watch || this.#isSuspended) return work()
    return this.look() ? this.#watch.checkpoint(work) : undefined
  }

  /** Call it before the answer to a request is sent. */
  noteChanges(): void {
    // The answer to a request to close is sent when the files are closed.
    if (this.#lost || !this.#connection.open) return
    // It fails on a network filesystem that does not answer, for example. The answer to the request is more important.
    attempt(() => this.#watch?.recorder.noteChanges())
  }

  /** Call it before a statement that may take the database out of WAL mode, because SQLite then removes the log. */
  suspend(): void {
    this.look()
    this.#isSuspended = true
  }

  /** Call it when the database may be in WAL mode again. */
  resume(): void {
    if (!this.#isSuspended || !this.#watch || this.#lost || this.#connection.inTransaction) return
    if (!hasWal(this.#connection)) return
    this.#isSuspended = false
    this.#watch.restart()
  }

  /**
   * Saves the content of the lost files.
   *
   * @param copying how the copy is made, and turned into a database of its own.
   * @returns the path of the saved file; undefined if nothing could be saved.
   */
  async rescue(copying: Copying): Promise<string | undefined> {
    if (!this.#watch || !this.#lost) return undefined
    try {
      const path = await rescue(this.#connection, this.#watch.files, this.#lost, copying)
      this.#isRescued = true
      return path
    } catch {
      // A full disk or a folder that is gone. There is no other place to save it.
      return undefined
    }
  }

  /** Call it before the connection is closed. */
  stop(): void {
    clearInterval(this.#timer)
    // If nothing could be saved, only SQLite can still keep the content, when it closes the connection.
    if (!this.#watch || !this.#isRescued) return
    const { files, recorder } = this.#watch
    // SQLite leaves everything as it is when the database is no longer under its path. Otherwise it moves the log into
    // the database, which completes a database that is still ours, and removes the file in the place of the log. It does
    // neither with a log that is too short.
    if (!files.isInPlace || files.log === undefined) return
    const isOurs = recorder.isAsRecorded && files.isLogInPlace
    if (!isOurs) ftruncateSync(files.log, 0)
  }

  /**
   * Call it after the connection was closed.
   *
   * @param areReadersClosed otherwise the files stay open: closing them would drop the readers' locks.
   */
  close(areReadersClosed: boolean): void {
    if (this.#watch && !this.#lost) this.#watch.recorder.close(existsSync(`${this.#watch.files.path}-wal`))
    if (areReadersClosed) this.#files?.close()
  }
}
