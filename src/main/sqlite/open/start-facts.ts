import { type BigIntStats, fstatSync } from 'node:fs'
import type { CheckpointRecord, RecordedDatabase } from '../files/checkpoint-record.ts'
import { type LogFrames, logAfter, readLogFrames } from '../files/log-frames.ts'
import {
  checksumOf,
  isWhole,
  readAt,
  readHeader,
  readPage,
  sampledPages,
  samplePages,
} from '../files/page-sample.ts'
import type { BelongingFacts } from './belonging.ts'

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
