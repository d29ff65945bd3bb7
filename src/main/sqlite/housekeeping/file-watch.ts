import { type BigIntStats, statSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import type { ReplacedFate } from '../errors/open-errors.ts'
import type { RecordedDatabase } from '../files/checkpoint-record.ts'
import { type DatabaseFiles, fileIdOf } from '../files/database-files.ts'
import { isWhole, logAfter, readLogFrames, readLogHeader } from '../files/file-format.ts'
import { hasRecordedContent, isBetween } from '../open/log-mismatch.ts'
import { type LogState, logState } from './checkpoint.ts'
import type { RecordKeeper } from './checkpoint-recorder.ts'

/** A file that this process has open and that is no longer the one under its path, or no longer what it wrote. */
export interface LostFile {
  readonly path: string
  readonly what: ReplacedFate
}

/**
 * - `ours`: the files are those that were opened, and every change is explained.
 * - `unsure`: there is a change that another SQLite program may be making right now. Nothing may be moved into the
 *   database until the next look.
 */
export type Look = 'ours' | 'unsure' | LostFile

// Network filesystems report times late.
const lateTimesMilliseconds = 5_000

/** Looks whether the files under the paths of an open database are still the ones that were opened. */
export class FileWatch {
  readonly #connection: Database
  readonly #files: DatabaseFiles
  readonly #keeper: RecordKeeper
  readonly #sharedMemoryId: string | undefined
  #dataVersion: unknown
  #log: LogState
  #salts: string | undefined
  #checkpointedAt = Number.NEGATIVE_INFINITY
  /** The database's time at the last look, if that was not explained. */
  #unexplainedTime: bigint | undefined

  constructor(connection: Database, files: DatabaseFiles, keeper: RecordKeeper) {
    this.#connection = connection
    this.#files = files
    this.#keeper = keeper
    const sharedMemory = statOf(`${files.path}-shm`)
    this.#sharedMemoryId = sharedMemory && fileIdOf(sharedMemory)
    this.#log = logState(connection)
    this.#salts = this.#currentSalts()
    this.#dataVersion = dataVersion(connection)
  }

  /** To be called after each checkpoint of ours. */
  noteCheckpoint(log: LogState): void {
    this.#checkpointedAt = performance.now()
    this.#takeBaseline(log)
  }

  look(): Look {
    const { path } = this.#files
    const database = statOf(path)
    const lost =
      fate(path, database, fileIdOf(this.#files.databaseStat())) ??
      this.#fateOfLog() ??
      (this.#sharedMemoryId && fate(`${path}-shm`, statOf(`${path}-shm`), this.#sharedMemoryId))
    if (lost) return lost
    return this.#lookAtContent()
  }

  #fateOfLog(): LostFile | undefined {
    const { path } = this.#files
    const opened = this.#files.logStat()
    if (!opened) return undefined
    const present = statOf(`${path}-wal`)
    const lost = fate(`${path}-wal`, present, fileIdOf(opened))
    // A reader of ours that finds no log creates an empty one.
    return lost && present?.size === 0n ? { ...lost, what: 'removed' } : lost
  }

  #lookAtContent(): Look {
    const isUnchanged = this.#keeper.isAsRecorded
    // Inside a transaction SQLite answers no question about the log.
    if (this.#connection.inTransaction) return isUnchanged ? 'ours' : 'unsure'
    if (isUnchanged) {
      // A commit of another program that has changed only the log explains no later change of the database.
      this.#dataVersion = dataVersion(this.#connection)
      return 'ours'
    }
    if (this.#isExplained()) return this.#renew()
    const recorded = this.#keeper.record.database
    if (!hasRecordedContent(this.#files.database, recorded)) return this.#lookAtPages(recorded)
    const isLate = performance.now() - this.#checkpointedAt < lateTimesMilliseconds
    if (isLate || process.platform === 'win32' || isWhole(recorded.size, recorded.pageSize))
      return this.#renew()
    // Another SQLite program may be moving pages right now that the sample does not have.
    const { mtimeNs } = this.#files.databaseStat()
    const isSettled = this.#unexplainedTime === mtimeNs
    this.#unexplainedTime = mtimeNs
    return isSettled ? { path: this.#files.path, what: 'overwritten' } : 'unsure'
  }

  #lookAtPages(recorded: RecordedDatabase): Look {
    const { log, path } = this.#files
    const frames = log === undefined ? undefined : readLogFrames(log)
    if (frames && isBetween(this.#files.database, recorded, frames)) return 'unsure'
    // It may have ended meanwhile, and started the log over.
    return this.#isExplained() ? this.#renew() : { path, what: 'overwritten' }
  }

  /** Whether another SQLite program has written, or has moved pages of the log into the database. */
  #isExplained(): boolean {
    try {
      if (dataVersion(this.#connection) !== this.#dataVersion) return true
      const { checkpointedPages } = logState(this.#connection)
      const salts = this.#currentSalts()
      if (salts === this.#salts) return checkpointedPages !== this.#log.checkpointedPages
      // This connection starts the log over once, after a checkpoint of its own that was complete.
      const isComplete = this.#log.checkpointedPages === this.#log.walPages
      const isOurs =
        isComplete && (this.#salts === undefined || logAfter(this.#salts, salts ?? '') === 'next')
      return !isOurs || checkpointedPages !== 0
    } catch {
      // SQLite cannot read what is there now.
      return false
    }
  }

  #renew(): Look {
    const log = logState(this.#connection)
    this.#keeper.renew(log)
    this.#takeBaseline(log)
    return 'ours'
  }

  #takeBaseline(log: LogState): void {
    this.#log = log
    this.#salts = this.#currentSalts()
    this.#dataVersion = dataVersion(this.#connection)
    this.#unexplainedTime = undefined
  }

  #currentSalts(): string | undefined {
    const { log } = this.#files
    return log === undefined ? undefined : readLogHeader(log)?.salts
  }
}

/** Changes when another connection has written (sqlite.org/pragma.html#pragma_data_version). */
function dataVersion(connection: Database): unknown {
  return connection.pragma('data_version', { simple: true })
}

function fate(path: string, stat: BigIntStats | undefined, openedId: string): LostFile | undefined {
  if (!stat) return { path, what: 'removed' }
  return fileIdOf(stat) === openedId ? undefined : { path, what: 'replaced' }
}

/** @returns undefined also when the path leads nowhere, as when a folder on it was removed. */
function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTDIR') return undefined
    throw error
  }
}
