import { readAt } from './page-sample.ts'

const headerBytes = 32
const frameHeaderBytes = 24
const bytesAtOnce = 2 ** 20

/** The committed content of a write-ahead log (sqlite.org/fileformat2.html#walformat). */
export interface LogFrames {
  /** The open log. */
  readonly fd: number
  /** Both salts of its header: 16 hexadecimal digits. */
  readonly salts: string
  /** In bytes. */
  readonly pageSize: number
  /** Where the content of each page begins in the file, oldest first. */
  readonly frames: ReadonlyMap<number, readonly number[]>
  /** The smallest size of the database after one of the commits, in pages. */
  readonly leastPages: number
}

/**
 * Reads a log as SQLite's recovery does: a frame counts when its salts and checksum are right and a commit follows it.
 *
 * @returns undefined when the log has no committed frame.
 */
export function readLogFrames(fd: number): LogFrames | undefined {
  const header = readLogHeader(fd)
  if (!header) return undefined
  const { salts, pageSize, isBigEndian } = header
  let checksum = header.checksum
  const frames = new Map<number, number[]>()
  let uncommitted: [page: number, position: number][] = []
  let leastPages = Number.POSITIVE_INFINITY
  const frameBytes = frameHeaderBytes + pageSize
  const atOnce = Math.max(1, Math.floor(bytesAtOnce / frameBytes)) * frameBytes
  for (let start = headerBytes; ; start += atOnce) {
    const bytes = readAt(fd, start, atOnce)
    for (let at = 0; at + frameBytes <= bytes.length; at += frameBytes) {
      const frame = bytes.subarray(at, at + frameBytes)
      checksum = checksumOf(frame.subarray(0, 8), isBigEndian, checksum)
      checksum = checksumOf(frame.subarray(frameHeaderBytes), isBigEndian, checksum)
      const isRight = frame.readUInt32BE(16) === checksum[0] && frame.readUInt32BE(20) === checksum[1]
      if (!isRight || frame.toString('hex', 8, 16) !== salts) return result()
      uncommitted.push([frame.readUInt32BE(0), start + at + frameHeaderBytes])
      const pagesAfterCommit = frame.readUInt32BE(4)
      if (pagesAfterCommit > 0) commit(pagesAfterCommit)
    }
    if (bytes.length < atOnce) return result()
  }

  function commit(pages: number): void {
    leastPages = Math.min(leastPages, pages)
    for (const [page, position] of uncommitted) {
      const positions = frames.get(page)
      if (positions) positions.push(position)
      else frames.set(page, [position])
    }
    uncommitted = []
  }

  function result(): LogFrames | undefined {
    return frames.size > 0 ? { fd, salts, pageSize, frames, leastPages } : undefined
  }
}

type Checksum = readonly [number, number]

interface LogHeader {
  readonly salts: string
  readonly pageSize: number
  readonly isBigEndian: boolean
  readonly checksum: Checksum
}

/** @returns undefined when the log is empty, or its header is not whole. */
export function readLogHeader(fd: number): LogHeader | undefined {
  const bytes = readAt(fd, 0, headerBytes)
  if (bytes.length < headerBytes || bytes.readUInt32BE(0) >>> 1 !== 0x377f0682 >>> 1) return undefined
  const isBigEndian = (bytes.readUInt32BE(0) & 1) === 1
  const checksum = checksumOf(bytes.subarray(0, 24), isBigEndian, [0, 0])
  if (bytes.readUInt32BE(24) !== checksum[0] || bytes.readUInt32BE(28) !== checksum[1]) return undefined
  return { salts: bytes.toString('hex', 16, 24), pageSize: bytes.readUInt32BE(8), isBigEndian, checksum }
}

/** sqlite.org/fileformat2.html#checksum_algorithm */
function checksumOf(bytes: Buffer, isBigEndian: boolean, before: Checksum): Checksum {
  let [first, second] = before
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + word(bytes, at, isBigEndian) + second) >>> 0
    second = (second + word(bytes, at + 4, isBigEndian) + first) >>> 0
  }
  return [first, second]
}

function word(bytes: Buffer, at: number, isBigEndian: boolean): number {
  return isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)
}

/**
 * Which log the salts belong to, compared with an earlier look: SQLite adds 1 to the first salt when it starts a log over.
 */
export function logAfter(recorded: string | undefined, salts: string): 'recorded' | 'next' | 'other' {
  if (recorded === undefined) return 'other'
  if (salts === recorded) return 'recorded'
  const first = (text: string) => Number.parseInt(text.slice(0, 8), 16)
  return first(salts) === (first(recorded) + 1) % 2 ** 32 ? 'next' : 'other'
}
