import { closeSync, readSync } from 'node:fs'
import { type OwnerRecord, parseOwnerRecord, recordBytes, serializeOwnerRecord } from './owner-record.ts'
import { thisPlatform } from './platform/this-platform.ts'

const blank = Buffer.alloc(recordBytes, ' ')
// Written at once and never handed out, so one is enough: making a new one takes longer than the write.
const page = Buffer.alloc(recordBytes)

/**
 * Replaces the record of a held lock.
 *
 * @param record what to write, or undefined to blank it before the lock is released.
 * @throws the system's error, for instance `ENOSPC`. The lock is unaffected.
 */
export function writeRecord(lockPath: string, fd: number, record: OwnerRecord | undefined): void {
  thisPlatform.writeRecord(lockPath, fd, record ? serializeOwnerRecord(record, page) : blank)
}

/**
 * Reads the record of a lock. Never throws, never reads more than a record, and waits for nothing but, on Windows and
 * for a tenth of a second, a record that is just being replaced.
 *
 * @returns undefined where there is none that makes sense.
 */
export function readRecord(lockPath: string): OwnerRecord | undefined {
  let fd: number
  try {
    fd = thisPlatform.openRecord(lockPath)
  } catch {
    // Missing or unreadable: then nobody is named, which the caller must be able to say anyway.
    return undefined
  }
  try {
    return parseOwnerRecord(readWhole(fd) ?? '')
  } catch {
    // A read error on a record is the same as no record.
    return undefined
  } finally {
    closeSync(fd)
  }
}

const readsAtMost = 10

/**
 * A read beside a write may get some of both (seen on ext4, whose reads wait for no write): what is read twice alike
 * is whole.
 */
function readWhole(fd: number): string | undefined {
  let before: string | undefined
  for (let reads = 0; reads < readsAtMost; reads++) {
    const bytes = Buffer.alloc(recordBytes)
    const text = bytes.toString('utf8', 0, readSync(fd, bytes, 0, recordBytes, 0))
    if (text === before) return text
    before = text
  }
  return undefined
}
