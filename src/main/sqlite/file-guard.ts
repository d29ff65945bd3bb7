import { existsSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { logState } from './checkpoint.ts'
import { readRecord } from './checkpoint-record.ts'
import type { CheckpointGuard } from './housekeeping.ts'
import type { OpenWriter } from './open-writer.ts'
import { RecordKeeper } from './record-keeper.ts'

/** Guards the files of the connection that writes, on its thread: records each checkpoint. */
export class FileGuard implements CheckpointGuard {
  readonly #connection: Database
  readonly #files: OpenWriter['files']
  readonly #keeper: RecordKeeper | undefined

  constructor({ connection, files }: OpenWriter) {
    this.#connection = connection
    this.#files = files
    this.#keeper = files && new RecordKeeper(files, readRecord(files.path), logState(connection))
  }

  /** Which database file is open, for a writer that replaces this one. */
  get fileId(): string | undefined {
    return this.#files?.id
  }

  /**
   * Does a checkpoint and records the files before and after it.
   *
   * @returns what the work returns, or undefined when there must be no checkpoint now.
   * @throws better-sqlite3's SqliteError inside a transaction or while a statement returns rows.
   */
  checkpoint<Result>(work: () => Result): Result | undefined {
    const keeper = this.#keeper
    if (!keeper) return work()
    const { walPages, checkpointedPages } = logState(this.#connection)
    // Only the log changes when everything in it is in the database already.
    if (walPages === checkpointedPages) return work()
    if (!keeper.beginCheckpoint()) return undefined
    try {
      return work()
    } finally {
      keeper.endCheckpoint(logState(this.#connection))
    }
  }

  /** To be called before the answer to a request is sent. */
  noteChanges(): void {
    this.#keeper?.noteChanges()
  }

  /**
   * To be called after the connection was closed.
   *
   * @param areReadersClosed otherwise the files stay open: closing them would drop the readers' locks.
   */
  close(areReadersClosed: boolean): void {
    if (!this.#files) return
    this.#keeper?.close(existsSync(`${this.#files.path}-wal`))
    if (areReadersClosed) this.#files.close()
  }
}
