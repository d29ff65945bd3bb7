import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { checksumOf } from './file-format.ts'
import { syncFolderOf } from './fsync.ts'

/**
 * What the owner recorded about a database and its log, in `NAME.db-checkpoint`. It is written before and after each
 * checkpoint, so that the next start can check whether database and log still belong together.
 */
export interface CheckpointRecord {
  readonly version: 1
  /**
   * - `checkpointing`: a checkpoint runs, and some pages of the database may have the log's content already.
   * - `open`: no checkpoint runs. Only a checkpoint changes the database file, so it has the recorded content.
   * - `closed`: the database was closed and there is no log.
   * - `empty`: the user started without the database that was there. Older traces of use do not count.
   */
  readonly phase: 'checkpointing' | 'open' | 'closed' | 'empty'
  /** When the record was written, in milliseconds since 1970. */
  readonly at: number
  readonly database: RecordedDatabase
  readonly log: RecordedLog
}

export interface RecordedDatabase {
  /** In bytes. */
  readonly size: number
  /** In nanoseconds since 1970. */
  readonly mtimeNs: string
  readonly ino: string
  readonly dev: string
  /** In bytes. */
  readonly pageSize: number
  /** Checksums of the sampled pages, as `samplePages` gives them. */
  readonly sample: string
  /** Present if the database is encrypted. */
  readonly isEncrypted?: true
}

export interface RecordedLog {
  readonly ino: string | undefined
  /** The salts of the log's header; undefined if the log had none. */
  readonly salts: string | undefined
  /** Whether the log has committed content that is not in the database yet. */
  readonly hasChanges: boolean
}

export const recordSuffix = '-checkpoint'

// One page of memory and, almost everywhere, one block of the disk: a killed process leaves it old or new.
const recordBytes = 4096

/** @returns undefined if there is none, or if it is not whole. */
export function readCheckpointRecord(databasePath: string): CheckpointRecord | undefined {
  try {
    const text = readFileSync(databasePath + recordSuffix, 'latin1')
    const json = text.slice(9).trimEnd()
    if (checksumOf(json) !== text.slice(0, 8)) return undefined
    const record = JSON.parse(json) as CheckpointRecord
    return record.version === 1 ? record : undefined
  } catch {
    // A record that cannot be read is no reason to refuse a database.
    return undefined
  }
}

/**
 * @param mode the permissions of a new record.
 * @param isSynced whether to wait until the record is on the disk.
 * @throws Node's error if the record cannot be written.
 */
export function writeCheckpointRecord(
  databasePath: string,
  record: CheckpointRecord,
  mode: number,
  isSynced: boolean,
): void {
  const { fd, isNew } = openCheckpointRecord(databasePath + recordSuffix, mode)
  try {
    const json = JSON.stringify(record)
    writeSync(fd, `${checksumOf(json)} ${json}`.padEnd(recordBytes - 1).concat('\n'), 0, 'latin1')
    if (isSynced) fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  if (isNew && isSynced) syncFolderOf(databasePath)
}

/** The record that says that the user started without the database that was there. */
export function emptyRecord(now: Date): CheckpointRecord {
  const database = { size: 0, mtimeNs: '0', ino: '', dev: '', pageSize: 0, sample: '' }
  return { version: 1, phase: 'empty', at: now.getTime(), database, log: noLog }
}

/** What a record says about a log that does not exist. */
export const noLog: RecordedLog = { ino: undefined, salts: undefined, hasChanges: false }

export function removeCheckpointRecord(databasePath: string): void {
  rmSync(databasePath + recordSuffix, { force: true })
}

function openCheckpointRecord(path: string, mode: number): { fd: number; isNew: boolean } {
  try {
    const fd = openSync(path, 'r+')
    if (fstatSync(fd).nlink === 1) return { fd, isNew: false }
    // The other name may be in a backup that was made with hard links, or may belong to another program.
    closeSync(fd)
    rmSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const fd = openSync(path, 'w+', mode)
  // The umask may have taken permissions away that the database has.
  if (process.platform !== 'win32') fchmodSync(fd, mode)
  return { fd, isNew: true }
}
