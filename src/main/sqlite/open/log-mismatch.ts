import { type BigIntStats, fstatSync } from 'node:fs'
import type { DatabaseMismatch } from '../errors/open-errors.ts'
import type { CheckpointRecord, RecordedDatabase } from '../files/checkpoint-record.ts'
import type { DatabaseFiles } from '../files/database-files.ts'
import {
  checksumOf,
  hasEveryPage,
  type LogFrames,
  logAfter,
  readAt,
  readHeader,
  readLogFrames,
  readPage,
  sampledPages,
  samplePages,
} from '../files/file-format.ts'

/** A database and its log, as a start finds them before SQLite opens anything. */
export interface Observation {
  /** The last record, if there is one. */
  readonly record: { readonly phase: CheckpointRecord['phase']; readonly hasChanges: boolean } | undefined
  readonly isInWalMode: boolean
  /**
   * - `missing`: there is no log, or it is not the recorded file and has no committed frame.
   * - `blank`: it is the recorded file, and has no committed frame. A power cut can empty a log that was not on the disk.
   * - `frames`: the log has committed frames.
   */
  readonly log: 'missing' | 'blank' | 'frames'
  /**
   * - `recorded`: it is the recorded log.
   * - `next`: SQLite has started the recorded log over, after all of it was in the database.
   * - `other`: it is another log.
   */
  readonly salts: 'recorded' | 'next' | 'other'
  /**
   * - `as-recorded`: its content is the recorded one.
   * - `covered`: the log has every page that differs from the recorded content, so it completes the database.
   * - `between`: each sampled page has the recorded content or that of a frame in the log.
   * - `like-log`: at least one page has the content of its newest frame in the log.
   * - `before-log`: it is the recorded file, and was last written after the record and before the log.
   * - `other`: none of these.
   */
  readonly database: 'as-recorded' | 'covered' | 'between' | 'like-log' | 'before-log' | 'other'
}

/**
 * Decides whether a database and its log belong together. They do if a whole directory was copied or moved, and if another
 * SQLite program was killed while it had them open.
 *
 * @returns undefined if they belong together.
 */
export function mismatchOf({
  record,
  isInWalMode,
  log,
  salts,
  database,
}: Observation): DatabaseMismatch | undefined {
  // SQLite removes the log before it takes a database out of WAL mode. So a log next to such a file is from another one.
  if (log === 'frames' && !isInWalMode) return 'database-replaced'
  if (!record || record.phase === 'empty') return undefined
  if (log !== 'frames') {
    // Another SQLite program that had emptied the log would have changed the database.
    const isLost = log === 'missing' && record.hasChanges && database === 'as-recorded'
    return isLost ? 'log-missing' : undefined
  }
  if (database === 'as-recorded') {
    // Without changes in the recorded log, the next program that writes starts a new one.
    return record.hasChanges && salts === 'other' ? 'log-replaced' : undefined
  }
  // A checkpoint was killed: one of ours, or one of another SQLite program that had the database open too.
  const isPartlyMoved = database === 'covered' || (database === 'between' && record.phase === 'checkpointing')
  if (isPartlyMoved && salts !== 'other') return undefined
  if (salts === 'recorded') return 'database-replaced'
  // Another SQLite program has started a new log, after it had written to the database or moved a part of the log there.
  const isWritten = database === 'like-log' || database === 'before-log'
  const isNewLog = !record.hasChanges && (database === 'covered' || database === 'between')
  return isWritten || isNewLog ? undefined : 'database-replaced'
}

/** Reads the facts that decide whether a database and its log belong together. */
export function observe(files: DatabaseFiles, record: CheckpointRecord | undefined): Observation {
  const { database, log } = files
  const frames = log === undefined ? undefined : readLogFrames(log)
  const isRecordedLog = log !== undefined && String(files.logStat()?.ino) === record?.log.ino
  return {
    record: record && { phase: record.phase, hasChanges: record.log.hasChanges },
    // The header of an encrypted database cannot be read here.
    isInWalMode: readHeader(database)?.isInWalMode ?? files.isEncrypted,
    log: frames ? 'frames' : isRecordedLog ? 'blank' : 'missing',
    salts: frames ? logAfter(record?.log.salts, frames.salts) : 'other',
    database: record ? compareContent(database, record.database, frames, isRecordedLog) : 'other',
  }
}

function compareContent(
  fd: number,
  recorded: RecordedDatabase,
  frames: LogFrames | undefined,
  isRecordedLog: boolean,
): Observation['database'] {
  const stat = fstatSync(fd, { bigint: true })
  if (hasRecordedContent(fd, recorded) && isUntouched(stat, recorded, isRecordedLog)) return 'as-recorded'
  if (!frames) return 'other'
  // A directory that was copied has two other files.
  const isReplaced = isRecordedLog && String(stat.ino) !== recorded.ino
  const isSampleWhole = hasEveryPage(recorded.size, recorded.pageSize)
  if ((isSampleWhole || !isReplaced) && isBetween(fd, recorded, frames)) {
    // The sample of a large file does not show that the other pages are the recorded ones. If no page of the log is
    // missing, the log was moved into this very file.
    return isSampleWhole || countLikeLog(fd, frames) === frames.frames.size ? 'covered' : 'between'
  }
  // The pages of an encrypted database cannot be compared with the log, so a log of another program is accepted.
  if (recorded.isEncrypted || countLikeLog(fd, frames, 1) > 0) return 'like-log'
  const isWrittenSince = String(stat.ino) === recorded.ino && stat.mtimeNs > BigInt(recorded.mtimeNs)
  const isBeforeLog = isWrittenSince && stat.mtimeNs <= fstatSync(frames.fd, { bigint: true }).mtimeNs
  return isBeforeLog ? 'before-log' : 'other'
}

/** Whether size and sample are the recorded ones. */
export function hasRecordedContent(fd: number, recorded: RecordedDatabase): boolean {
  const { size, pageSize, sample } = recorded
  return fstatSync(fd).size === size && samplePages(fd, size, pageSize) === sample
}

/** The sample of a large file may miss a change. The time of the file, or another file in its place, shows the change. */
function isUntouched(stat: BigIntStats, recorded: RecordedDatabase, isRecordedLog: boolean): boolean {
  if (hasEveryPage(recorded.size, recorded.pageSize)) return true
  if (String(stat.ino) !== recorded.ino) return !isRecordedLog
  return String(stat.mtimeNs) === recorded.mtimeNs
}

/**
 * Whether a database has partly the recorded content and partly the log's, as after a checkpoint that was killed: each
 * sampled page has the recorded content or that of a frame.
 */
export function isBetween(fd: number, recorded: RecordedDatabase, log: LogFrames): boolean {
  const { size, pageSize, sample } = recorded
  if (pageSize !== log.pageSize) return false
  // The kernel writes 4096 bytes or nothing. A larger page may be written in part, and the log has all of it.
  let tornAtMost = pageSize > 4096 ? 1 : 0
  return sampledPages(size, pageSize).every((page, index) => {
    const content = readPage(fd, page, pageSize)
    const isRecorded = checksumOf(content) === sample.slice(index * 8, index * 8 + 8)
    if (isRecorded || page > log.leastPages) return true
    const frames = log.frames.get(page) ?? []
    // SQLite encrypts a page again when it moves the page into the database.
    if (frames.length > 0 && recorded.isEncrypted) return true
    if (frames.some((position) => readAt(log.fd, position, pageSize).equals(content))) return true
    return frames.length > 0 && tornAtMost-- > 0
  })
}

/** Counts the pages that have the content of their newest frame, up to `atMost`. */
function countLikeLog(fd: number, log: LogFrames, atMost = Number.POSITIVE_INFINITY): number {
  let count = 0
  for (const [page, positions] of log.frames) {
    const content = readPage(fd, page, log.pageSize)
    const newest = readAt(log.fd, positions.at(-1) ?? 0, log.pageSize)
    if (content.length === log.pageSize && content.equals(newest)) count++
    if (count >= atMost) break
  }
  return count
}
