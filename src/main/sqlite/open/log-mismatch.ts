import { type BigIntStats, fstatSync } from 'node:fs'
import type { DatabaseMismatch } from '../errors/open-errors.ts'
import type { CheckpointRecord, RecordedDatabase } from '../files/checkpoint-record.ts'
import {
  checksumOf,
  isWhole,
  type LogFrames,
  logAfter,
  readAt,
  readHeader,
  readLogFrames,
  readPage,
  sampledPages,
  samplePages,
} from '../files/file-format.ts'

/** A database and its log, open for reading. */
export interface StartFiles {
  readonly database: number
  readonly log: number | undefined
}

/** Reads what decides whether a database and its log belong together. */
export function startFacts(
  { database, log }: StartFiles,
  record: CheckpointRecord | undefined,
): BelongingFacts {
  const frames = log === undefined ? undefined : readLogFrames(log)
  const logStat = log === undefined ? undefined : fstatSync(log, { bigint: true })
  const isRecordedLog = logStat !== undefined && String(logStat.ino) === record?.log.ino
  return {
    record: record && { phase: record.phase, hasChanges: record.log.hasChanges },
    isInWalMode: readHeader(database)?.isInWalMode ?? false,
    log: frames ? 'frames' : isRecordedLog ? 'blank' : 'missing',
    salts: frames ? logAfter(record?.log.salts, frames.salts) : 'other',
    database: record ? contentOf(database, record.database, frames, isRecordedLog) : 'other',
  }
}

function contentOf(
  fd: number,
  recorded: RecordedDatabase,
  frames: LogFrames | undefined,
  isRecordedLog: boolean,
): BelongingFacts['database'] {
  const stat = fstatSync(fd, { bigint: true })
  if (hasRecordedContent(fd, recorded) && isUntouched(stat, recorded, isRecordedLog)) return 'as-recorded'
  if (!frames) return 'other'
  // A directory that was copied has two other files.
  const isReplaced = isRecordedLog && String(stat.ino) !== recorded.ino
  const isSampleWhole = isWhole(recorded.size, recorded.pageSize)
  if ((isSampleWhole || !isReplaced) && isBetween(fd, recorded, frames)) {
    // The sample of a large file does not show that the other pages are the recorded ones. If no page of the log is
    // missing, the log was moved into this very file.
    return isSampleWhole || countLikeLog(fd, frames) === frames.frames.size ? 'covered' : 'between'
  }
  if (countLikeLog(fd, frames, 1) > 0) return 'like-log'
  const isWrittenSince = String(stat.ino) === recorded.ino && stat.mtimeNs > BigInt(recorded.mtimeNs)
  return isWrittenSince && stat.mtimeNs <= fstatSync(frames.fd, { bigint: true }).mtimeNs
    ? 'before-log'
    : 'other'
}

/** Whether size and sample are the recorded ones. */
export function hasRecordedContent(fd: number, recorded: RecordedDatabase): boolean {
  const { size, pageSize, sample } = recorded
  return fstatSync(fd).size === size && samplePages(fd, size, pageSize) === sample
}

/** The sample of a large file may miss a change. Its time, or another file in its place, shows one. */
function isUntouched(stat: BigIntStats, recorded: RecordedDatabase, isRecordedLog: boolean): boolean {
  if (isWhole(recorded.size, recorded.pageSize)) return true
  if (String(stat.ino) !== recorded.ino) return !isRecordedLog
  return String(stat.mtimeNs) === recorded.mtimeNs
}

/**
 * Whether a database is on its way from the recorded content to the log's, as a checkpoint leaves it that was killed:
 * each sampled page has the recorded content or that of a frame.
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
    if (frames.some((position) => readAt(log.fd, position, pageSize).equals(content))) return true
    return frames.length > 0 && tornAtMost-- > 0
  })
}

/** How many pages have the content of their newest frame. @param atMost where to stop. */
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

/** What a start finds before SQLite opens anything. */
export interface BelongingFacts {
  /** The last record, if there is one. */
  readonly record: { readonly phase: CheckpointRecord['phase']; readonly hasChanges: boolean } | undefined
  readonly isInWalMode: boolean
  /**
   * - `missing`: there is no log, or another file than the recorded one without a committed frame.
   * - `blank`: the recorded file has no committed frame. A power cut does that to a log that was not on the disk yet.
   * - `frames`: it has committed frames.
   */
  readonly log: 'missing' | 'blank' | 'frames'
  /**
   * - `recorded`: it is the recorded log.
   * - `next`: SQLite has started the recorded log over. All of it was in the database then.
   * - `other`: it is another log.
   */
  readonly salts: 'recorded' | 'next' | 'other'
  /**
   * - `as-recorded`: its content is the recorded one.
   * - `covered`: the log has every page that differs from the recorded content, so that it makes the database whole.
   * - `between`: each sampled page has the recorded content or that of a frame in the log.
   * - `like-log`: at least one page has the content of its newest frame in the log.
   * - `before-log`: it is the recorded file, and was last written after the record and before the log.
   * - `other`: nothing of that.
   */
  readonly database: 'as-recorded' | 'covered' | 'between' | 'like-log' | 'before-log' | 'other'
}

/**
 * Decides whether a database and its log belong together. A whole directory that was copied or moved does, and so does
 * what another SQLite program left behind when it was killed.
 *
 * @returns undefined when they do.
 */
export function mismatchOf({
  record,
  isInWalMode,
  log,
  salts,
  database,
}: BelongingFacts): DatabaseMismatch | undefined {
  // SQLite removes the log before it takes a database out of WAL mode. A log next to such a file is from another one.
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
  // A killed checkpoint of ours, or one of another SQLite program that had the database open too.
  const isOnItsWay = database === 'covered' || (database === 'between' && record.phase === 'checkpointing')
  if (isOnItsWay && salts !== 'other') return undefined
  if (salts === 'recorded') return 'database-replaced'
  // Another SQLite program has started a new log, after it had written to the database or moved a part of the log there.
  const isWritten = database === 'like-log' || database === 'before-log'
  const isBegun = !record.hasChanges && (database === 'covered' || database === 'between')
  return isWritten || isBegun ? undefined : 'database-replaced'
}
