import { closeSync, readSync } from 'node:fs'
import { type OwnerRecord, parseOwnerRecord, recordBytes, serializeOwnerRecord } from './owner-record.ts'
import { thisPlatform } from './platform/this-platform.ts'

/**
 * Replaces the record of a held lock.
 *
 * @param record what to write, or undefined to blank it before the lock is released.
 * @throws the system's error, for instance `ENOSPC`. The lock is unaffected.
 */
export function writeRecord(lockPath: string, fd: number, record: OwnerRecord | undefined): void {
  const bytes = record ? serializeOwnerRecord(record) : Buffer.alloc(recordBytes, ' ')
  thisPlatform.writeRecord(lockPath, fd, bytes)
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
    const bytes = Buffer.alloc(recordBytes)
    return parseOwnerRecord(bytes.toString('utf8', 0, readSync(fd, bytes, 0, recordBytes, 0)))
  } catch {
    // A read error on a record is the same as no record.
    return undefined
  } finally {
    closeSync(fd)
  }
}
