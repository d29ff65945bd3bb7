import { readSync } from 'node:fs'
import { crc32 } from 'node:zlib'

const all = 128
const atEachEnd = 16
const between = all - 2 * atEachEnd

/** The first bytes of a database file (sqlite.org/fileformat2.html#the_database_header). */
export interface DatabaseHeader {
  /** In bytes. */
  readonly pageSize: number
  readonly isInWalMode: boolean
}

/** @returns undefined when the file does not begin as a database does. */
export function readHeader(fd: number): DatabaseHeader | undefined {
  const bytes = readAt(fd, 0, 100)
  if (bytes.length < 100 || bytes.toString('latin1', 0, 16) !== 'SQLite format 3\0') return undefined
  // 65536 does not fit in two bytes, so it is written as 1.
  const pageSize = bytes.readUInt16BE(16)
  return { pageSize: pageSize === 1 ? 65_536 : pageSize, isInWalMode: bytes[18] === 2 && bytes[19] === 2 }
}

/** Whether a sample of a file of this size has every page. */
export function isWhole(size: number, pageSize: number): boolean {
  return Math.ceil(size / pageSize) <= all
}

/**
 * The pages that stand for a file of this size, in bytes: all of a small one. Of a large one the first and the last,
 * since every file that grows or is vacuumed differs there, and some in between.
 *
 * @returns page numbers, from 1.
 */
export function sampledPages(size: number, pageSize: number): number[] {
  const pages = Math.ceil(size / pageSize)
  if (isWhole(size, pageSize)) return Array.from({ length: pages }, (_, index) => index + 1)
  const spread = (pages - 2 * atEachEnd) / between
  return Array.from({ length: all }, (_, index) => {
    if (index < atEachEnd) return index + 1
    if (index >= all - atEachEnd) return pages - all + index + 1
    return atEachEnd + 1 + Math.floor((index - atEachEnd) * spread)
  })
}

/** The checksums of the sampled pages: eight hexadecimal digits each. */
export function samplePages(fd: number, size: number, pageSize: number): string {
  return sampledPages(size, pageSize)
    .map((page) => checksumOf(readPage(fd, page, pageSize)))
    .join('')
}

export function checksumOf(bytes: Buffer): string {
  return crc32(bytes).toString(16).padStart(8, '0')
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
