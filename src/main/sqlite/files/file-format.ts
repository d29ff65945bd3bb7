import { fstatSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'

// The parts of a database and its log that this package reads without SQLite: sqlite.org/fileformat2.html.

/** The first bytes of a database file (sqlite.org/fileformat2.html#the_database_header). */
interface DatabaseHeader {
  /** In bytes. */
  readonly pageSize: number
  readonly isInWalMode: boolean
}

/** @returns undefined if the file does not begin as a database does. */
export function readHeader(fd: number): DatabaseHeader | undefined {
  const bytes = readAt(fd, 0, 100)
  if (bytes.length < 100 || bytes.toString('latin1', 0, 16) !== 'SQLite format 3\0') return undefined
  // 65536 does not fit in two bytes, so it is written as 1.
  const pageSize = bytes.readUInt16BE(16)
  return { pageSize: pageSize === 1 ? 65_536 : pageSize, isInWalMode: bytes[18] === 2 && bytes[19] === 2 }
}

/** Whether a file has at least one page, and no part of one: sqlite.org/fileformat2.html#pages. */
export function mayBeDatabase(fd: number): boolean {
  const { size } = fstatSync(fd)
  return size > 0 && size % 512 === 0
}

/**
 * Whether a file that does not begin as a database does is likely an encrypted one. SQLite3 Multiple Ciphers leaves a part
 * of the header as it is. Otherwise an encrypted page has every byte about as often.
 */
export function looksEncrypted(fd: number): boolean {
  const page = readAt(fd, 0, 4096)
  if (page.length < 512) return false
  const pageSize = page.readUInt16BE(16)
  const isPageSize = pageSize === 1 || (pageSize >= 512 && (pageSize & (pageSize - 1)) === 0)
  // sqlite.org/fileformat2.html#the_database_header: the versions of the format, and the payload fractions.
  const hasHeader = [1, 2].includes(page[18] ?? 0) && page.toString('hex', 21, 24) === '402020'
  // 4096 random bytes practically never have fewer than 240 different values.
  return (isPageSize && hasHeader) || (page.length === 4096 && new Set(page).size >= 240)
}

const sampleSize = 128
const atEachEnd = 16

/** Whether the sample of a file of this size has every page. */
export function hasEveryPage(size: number, pageSize: number): boolean {
  return Math.ceil(size / pageSize) <= sampleSize
}

/**
 * The pages that stand for a file of this size, in bytes. They are all pages of a small file. Of a large file they are
 * the first and the last ones, since every file that grows or is vacuumed differs there, and some in between.
 *
 * @returns page numbers, from 1.
 */
export function sampledPages(size: number, pageSize: number): number[] {
  const pages = Math.ceil(size / pageSize)
  const sampled = Math.min(pages, sampleSize)
  const spread = (pages - 2 * atEachEnd) / (sampleSize - 2 * atEachEnd)
  return Array.from({ length: sampled }, (_, index) => {
    if (hasEveryPage(size, pageSize) || index < atEachEnd) return index + 1
    if (index >= sampleSize - atEachEnd) return pages - sampleSize + index + 1
    return atEachEnd + 1 + Math.floor((index - atEachEnd) * spread)
  })
}

/** The checksums of the sampled pages: eight hexadecimal digits each. */
export function samplePages(fd: number, size: number, pageSize: number): string {
  return sampledPages(size, pageSize)
    .map((page) => checksumOf(readPage(fd, page, pageSize)))
    .join('')
}

/** @returns eight hexadecimal digits. */
export function checksumOf(content: Buffer | string): string {
  return crc32(content).toString(16).padStart(8, '0')
}

export function readPage(fd: number, page: number, pageSize: number): Buffer {
  return readAt(fd, (page - 1) * pageSize, pageSize)
}

/** @returns less than `length` bytes at the end of the file. */
export function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const read = readSync(fd, bytes, done, length - done, position + done)
    if (read === 0) break
    done += read
  }
  return bytes.subarray(0, done)
}

const logHeaderBytes = 32
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
  /** The positions in the file at which the content of each page begins, oldest first. */
  readonly frames: ReadonlyMap<number, readonly number[]>
  /** The smallest size of the database after one of the commits, in pages. */
  readonly leastPages: number
}

/**
 * Reads a log as SQLite's recovery does: a frame counts if its salts and checksum are right and a commit follows it.
 *
 * @returns undefined if the log has no committed frame.
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
  for (let start = logHeaderBytes; ; start += atOnce) {
    const bytes = readAt(fd, start, atOnce)
    for (let at = 0; at + frameBytes <= bytes.length; at += frameBytes) {
      const frame = bytes.subarray(at, at + frameBytes)
      checksum = logChecksum(frame.subarray(0, 8), isBigEndian, checksum)
      checksum = logChecksum(frame.subarray(frameHeaderBytes), isBigEndian, checksum)
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

type LogChecksum = readonly [number, number]

interface LogHeader {
  readonly salts: string
  readonly pageSize: number
  readonly isBigEndian: boolean
  readonly checksum: LogChecksum
}

/** @returns undefined if the log is empty, or its header is not whole. */
export function readLogHeader(fd: number): LogHeader | undefined {
  const bytes = readAt(fd, 0, logHeaderBytes)
  if (bytes.length < logHeaderBytes || bytes.readUInt32BE(0) >>> 1 !== 0x377f0682 >>> 1) return undefined
  const isBigEndian = (bytes.readUInt32BE(0) & 1) === 1
  const checksum = logChecksum(bytes.subarray(0, 24), isBigEndian, [0, 0])
  if (bytes.readUInt32BE(24) !== checksum[0] || bytes.readUInt32BE(28) !== checksum[1]) return undefined
  return { salts: bytes.toString('hex', 16, 24), pageSize: bytes.readUInt32BE(8), isBigEndian, checksum }
}

/** sqlite.org/fileformat2.html#checksum_algorithm */
function logChecksum(bytes: Buffer, isBigEndian: boolean, before: LogChecksum): LogChecksum {
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
 * Which log the salts belong to, compared with recorded ones: SQLite adds 1 to the first salt when it starts a log over.
 */
export function logAfter(recorded: string | undefined, salts: string): 'recorded' | 'next' | 'other' {
  if (recorded === undefined) return 'other'
  if (salts === recorded) return 'recorded'
  const first = (text: string) => Number.parseInt(text.slice(0, 8), 16)
  return first(salts) === (first(recorded) + 1) % 2 ** 32 ? 'next' : 'other'
}
