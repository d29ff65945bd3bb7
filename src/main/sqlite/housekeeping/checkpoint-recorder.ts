import {
  type CheckpointRecord,
  noLog,
  removeCheckpointRecord,
  writeCheckpointRecord,
} from '../files/checkpoint-record.ts'
import type { DatabaseFiles } from '../files/database-files.ts'
import type { LogState } from './checkpoint.ts'

/** Keeps the checkpoint record of an open database, on the thread of the connection that writes. */
export class CheckpointRecorder {
  readonly #files: DatabaseFiles
  #record: CheckpointRecord
  /** The appearance of the log when everything in it was in the database. */
  #restingLog = ''

  /**
   * @param found the record of the last owner, if there is one.
   * @param log how far the log is moved into the database.
   */
  constructor(files: DatabaseFiles, found: CheckpointRecord | undefined, log: LogState) {
    this.#files = files
    this.#record = this.#describe('open', log)
    const isSame =
      found?.database.sample === this.#record.database.sample &&
      found.database.size === this.#record.database.size
    // A database that is as recorded does not have to be on the disk again before it is used.
    this.#write(this.#record, !isSame)
  }

  get record(): CheckpointRecord {
    return this.#record
  }

  /** Whether the database is unchanged since the last record. */
  get isAsRecorded(): boolean {
    const { size, mtimeNs } = this.#files.databaseStat()
    const { database } = this.#record
    return Number(size) === database.size && String(mtimeNs) === database.mtimeNs
  }

  /** Records the files as they are now, after another SQLite program has changed them. */
  renew(log: LogState): void {
    this.#record = this.#describe('open', log)
    this.#write(this.#record, true)
  }

  /** @returns false if the checkpoint must not begin, because the old record would then be wrong. */
  beginCheckpoint(): boolean {
    const record: CheckpointRecord = {
      ...this.#record,
      phase: 'checkpointing',
      at: Date.now(),
      log: this.#files.describeLog(true),
    }
    return this.#write(record, true)
  }

  endCheckpoint(log: LogState): void {
    this.#files.syncTimes()
    this.renew(log)
  }

  /** Call it before the answer to a request is sent. It is cheap if the record says that the log has changes. */
  noteChanges(): void {
    if (this.#record.log.hasChanges) return
    const log = this.#appearanceOfLog()
    if (log === '' || log === this.#restingLog) return
    this.#record = { ...this.#record, at: Date.now(), log: this.#files.describeLog(true) }
    this.#write(this.#record, false)
  }

  /** Call it when the connection is closed. @param hasLog whether there still is a log. */
  close(hasLog: boolean): void {
    const record = this.#describe(hasLog ? 'open' : 'closed', { walPages: 0, checkpointedPages: 0 })
    const log = hasLog ? this.#record.log : noLog
    this.#write({ ...record, log }, true)
  }

  #describe(phase: CheckpointRecord['phase'], log: LogState): CheckpointRecord {
    const hasChanges = log.checkpointedPages < log.walPages
    if (!hasChanges) this.#restingLog = this.#appearanceOfLog()
    return {
      version: 1,
      phase,
      at: Date.now(),
      database: this.#files.describeDatabase(),
      log: this.#files.describeLog(hasChanges),
    }
  }

  /** Empty for an empty log. A commit changes size or time of the log, or its salts when SQLite starts it over. */
  #appearanceOfLog(): string {
    const stat = this.#files.logStat()
    if (!stat || stat.size === 0n) return ''
    return `${stat.size} ${stat.mtimeNs} ${this.#files.logSalts}`
  }

  /** @returns false if a wrong record is there now. */
  #write(record: CheckpointRecord, isSynced: boolean): boolean {
    const { path, mode } = this.#files
    try {
      writeCheckpointRecord(path, record, mode, isSynced)
      return true
    } catch {
      // A full disk, for example. No record is better than a wrong one.
    }
    try {
      removeCheckpointRecord(path)
      return true
    } catch {
      return false
    }
  }
}
