import { type CheckpointRecord, removeRecord, writeRecord } from '../files/checkpoint-record.ts'
import type { DatabaseFiles } from '../files/database-files.ts'
import { readLogHeader } from '../files/file-format.ts'
import type { LogState } from './checkpoint.ts'

/** Keeps the checkpoint record of an open database, on the thread of the connection that writes. */
export class RecordKeeper {
  readonly #files: DatabaseFiles
  #record: CheckpointRecord
  /** What the log looked like when everything in it was in the database. */
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

  /** Whether nobody has changed the database since the last record. */
  get isAsRecorded(): boolean {
    const { size, mtimeNs } = this.#files.databaseStat()
    const { database } = this.#record
    return Number(size) === database.size && String(mtimeNs) === database.mtimeNs
  }

  /** Takes the files as they are now for the recorded ones: another SQLite program has changed them. */
  renew(log: LogState): void {
    this.#record = this.#describe('open', log)
    this.#write(this.#record, true)
  }

  /** @returns false when the checkpoint must not begin, because the old record would be wrong from then on. */
  beginCheckpoint(): boolean {
    const record: CheckpointRecord = {
      ...this.#record,
      phase: 'checkpointing',
      at: Date.now(),
      log: { ...this.#describeLog(), hasChanges: true },
    }
    return this.#write(record, true)
  }

  endCheckpoint(log: LogState): void {
    this.#files.syncTimes()
    this.renew(log)
  }

  /** To be called before the answer to a request is sent. It is cheap if the log is recorded as having changes. */
  noteChanges(): void {
    if (this.#record.log.hasChanges) return
    const log = this.#appearanceOfLog()
    if (log === '' || log === this.#restingLog) return
    this.#record = { ...this.#record, at: Date.now(), log: { ...this.#describeLog(), hasChanges: true } }
    this.#write(this.#record, false)
  }

  /** To be called when the connection is closed. @param hasLog whether it has left a log behind. */
  close(hasLog: boolean): void {
    const record = this.#describe(hasLog ? 'open' : 'closed', { walPages: 0, checkpointedPages: 0 })
    const log = hasLog ? this.#record.log : { ino: undefined, salts: undefined, hasChanges: false }
    this.#write({ ...record, log }, true)
  }

  #describe(phase: CheckpointRecord['phase'], log: LogState): CheckpointRecord {
    const hasChanges = log.checkpointedPages < log.walPages
    if (!hasChanges) this.#restingLog = this.#appearanceOfLog()
    return {
      version: 1,
      phase,
      at: Date.now(),
      database: this.#files.describe(),
      log: { ...this.#describeLog(), hasChanges },
    }
  }

  #describeLog(): { readonly ino: string | undefined; readonly salts: string | undefined } {
    const { log } = this.#files
    const salts = log === undefined ? undefined : readLogHeader(log)?.salts
    return { ino: this.#files.logStat()?.ino.toString(), salts }
  }

  /** Empty for an empty log. A commit changes size or time of the log, or its salts when SQLite starts it over. */
  #appearanceOfLog(): string {
    const { log } = this.#files
    const stat = this.#files.logStat()
    if (log === undefined || !stat || stat.size === 0n) return ''
    return `${stat.size} ${stat.mtimeNs} ${readLogHeader(log)?.salts}`
  }

  /** @returns whether there is no wrong record now. */
  #write(record: CheckpointRecord, isSynced: boolean): boolean {
    const { path, mode } = this.#files
    try {
      writeRecord(path, record, mode, isSynced)
      return true
    } catch {
      // A full disk, for instance. No record is better than a wrong one.
    }
    try {
      removeRecord(path)
      return true
    } catch {
      return false
    }
  }
}
