import { type BigIntStats, statSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import type { ReplacedFate } from '../errors/open-errors.ts'
import { type RecordedDatabase, readCheckpointRecord } from '../files/checkpoint-record.ts'
import { type DatabaseFiles, fileIdOf } from '../files/database-files.ts'
import { hasEveryPage, logAfter, readLogFrames } from '../files/file-format.ts'
import { hasRecordedContent, isBetween } from '../open/log-mismatch.ts'
import { type LogState, logState } from './checkpoint.ts'
import { CheckpointRecorder } from './checkpoint-recorder.ts'

/** A file that this process has open, but another file is under its path, or another program has overwritten it. */
export interface LostFile {
  readonly path: string
  readonly what: ReplacedFate
}

/**
 * - `ours`: the files are those that were opened, and every change is explained.
 * - `unsure`: another SQLite program may be changing the database now. Nothing may be moved into the database until the
 *   next look.
 */
type Look = 'ours' | 'unsure' | LostFile

// Network filesystems report times late.
const lateTimesMilliseconds = 5_000

/** What the last look, or the last checkpoint, found. A later difference shows what other programs have done. */
interface Baseline {
  readonly log: LogState
  readonly salts: string | undefined
  /** SQLite changes it when another connection has written (sqlite.org/pragma.html#pragma_data_version). */
  readonly dataVersion: unknown
}

/**
 * Watches the files of an open database: whether those under its paths are still the ones that were opened. Records each
 * checkpoint.
 */
export class FileWatch {
  readonly #connection: Database
  readonly files: DatabaseFiles
  readonly recorder: CheckpointRecorder
  #sharedMemoryId: string | undefined
  #baseline: Baseline
  #checkpointedAt = Number.NEGATIVE_INFINITY
  /** The database's time at the last look, if that was not explained. */
  #unexplainedTime: bigint | undefined

  constructor(connection: Database, files: DatabaseFiles) {
    this.#connection = connection
    this.files = files
    const log = logState(connection)
    this.recorder = new CheckpointRecorder(files, readCheckpointRecord(files.path), log)
    this.#sharedMemoryId = sharedMemoryIdOf(files.path)
    this.#baseline = this.#read(log)
  }

  /** Treats the files that are there now as the ones that were opened. */
  restart(): void {
    this.files.reopenLog()
    this.#sharedMemoryId = sharedMemoryIdOf(this.files.path)
    this.#checkpointedAt = Number.NEGATIVE_INFINITY
    this.#renew()
  }

  /**
   * Does a checkpoint and records the files before and after it.
   *
   * @returns undefined if there must be no checkpoint now.
   */
  checkpoint<Result>(work: () => Result): Result | undefined {
    const { walPages, checkpointedPages } = logState(this.#connection)
    // If everything in the log is in the database already, only the log changes.
    const isRecorded = walPages > checkpointedPages
    if (isRecorded && !this.recorder.beginCheckpoint()) return undefined
    try {
      return work()
    } finally {
      const log = logState(this.#connection)
      if (isRecorded) this.recorder.endCheckpoint(log)
      this.#checkpointedAt = performance.now()
      this.#takeBaseline(log)
    }
  }

  look(): Look {
    const { path } = this.files
    const lost =
      compareFile(path, statOf(path), fileIdOf(this.files.databaseStat())) ??
      this.#lookAtLog() ??
      (this.#sharedMemoryId && compareFile(`${path}-shm`, statOf(`${path}-shm`), this.#sharedMemoryId))
    return lost || this.#lookAtContent()
  }

  #lookAtLog(): LostFile | undefined {
    const { path } = this.files
    const opened = this.files.logStat()
    if (!opened) return undefined
    const present = statOf(`${path}-wal`)
    const lost = compareFile(`${path}-wal`, present, fileIdOf(opened))
    // A reader of ours that finds no log creates an empty one.
    return lost && present?.size === 0n ? { ...lost, what: 'removed' } : lost
  }

  #lookAtContent(): Look {
    const isUnchanged = this.recorder.isAsRecorded
    // Inside a transaction SQLite reports nothing about the log.
    if (this.#connection.inTransaction) return isUnchanged ? 'ours' : 'unsure'
    if (isUnchanged) {
      // A commit of another program that has changed only the log explains no later change of the database.
      this.#baseline = { ...this.#baseline, dataVersion: this.#dataVersion() }
      return 'ours'
    }
    if (this.#isExplained()) return this.#renew()
    const recorded = this.recorder.record.database
    if (!hasRecordedContent(this.files.database, recorded)) return this.#lookAtPages(recorded)
    const isLate = performance.now() - this.#checkpointedAt < lateTimesMilliseconds
    if (isLate || process.platform === 'win32' || hasEveryPage(recorded.size, recorded.pageSize))
      return this.#renew()
    // Another SQLite program may be moving pages now that the sample does not have.
    const { mtimeNs } = this.files.databaseStat()
    const isSettled = this.#unexplainedTime === mtimeNs
    this.#unexplainedTime = mtimeNs
    return isSettled ? { path: this.files.path, what: 'overwritten' } : 'unsure'
  }

  #lookAtPages(recorded: RecordedDatabase): Look {
    const { log, path } = this.files
    const frames = log === undefined ? undefined : readLogFrames(log)
    if (frames && isBetween(this.files.database, recorded, frames)) return 'unsure'
    // The other program may have ended meanwhile, and started the log over.
    return this.#isExplained() ? this.#renew() : { path, what: 'overwritten' }
  }

  /** Whether another SQLite program has written, or has moved pages of the log into the database. */
  #isExplained(): boolean {
    try {
      const before = this.#baseline
      if (this.#dataVersion() !== before.dataVersion) return true
      const { checkpointedPages } = logState(this.#connection)
      const salts = this.files.logSalts
      if (salts === before.salts) return checkpointedPages !== before.log.checkpointedPages
      // This connection starts the log over once, after a checkpoint of its own that was complete.
      const isComplete = before.log.checkpointedPages === before.log.walPages
      const isOurs =
        isComplete && (before.salts === undefined || logAfter(before.salts, salts ?? '') === 'next')
      return !isOurs || checkpointedPages !== 0
    } catch {
      // SQLite cannot read what is there now.
      return false
    }
  }

  #renew(): Look {
    const log = logState(this.#connection)
    this.recorder.renew(log)
    this.#takeBaseline(log)
    return 'ours'
  }

  #takeBaseline(log: LogState): void {
    this.#baseline = this.#read(log)
    this.#unexplainedTime = undefined
  }

  #read(log: LogState): Baseline {
    return { log, salts: this.files.logSalts, dataVersion: this.#dataVersion() }
  }

  #dataVersion(): unknown {
    return this.#connection.pragma('data_version', { simple: true })
  }
}

function sharedMemoryIdOf(path: string): string | undefined {
  const stat = statOf(`${path}-shm`)
  return stat && fileIdOf(stat)
}

function compareFile(path: string, stat: BigIntStats | undefined, openedId: string): LostFile | undefined {
  if (!stat) return { path, what: 'removed' }
  return fileIdOf(stat) === openedId ? undefined : { path, what: 'replaced' }
}

/** @returns undefined also if the path leads nowhere, for example because a folder on it was removed. */
function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined
    throw error
  }
}
