import { closeSync, readSync } from 'node:fs'
import { thisPlatform } from '../platform/this-platform.ts'
import {
  type OwnerRecord,
  parseOwnerRecord,
  recordBytes,
  serializeOwnerRecord,
  withToken,
} from './owner-record.ts'
import { hasCheck } from './record-check.ts'
import { readToken } from './token-file.ts'

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

/** The same bytes in a buffer of their own, for a write that ends later: nothing else changes this buffer. */
export function recordOf(record: OwnerRecord | undefined): Buffer {
  return record ? serializeOwnerRecord(record, Buffer.alloc(recordBytes)) : blank
}

/**
 * Reads the record of a lock, and the token that belongs to it if this user may read it. It never throws and never reads
 * more than a record. Only on Windows it waits, for a tenth of a second, for a record that is being replaced.
 *
 * @returns undefined if there is no valid record.
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
    const record = readUntilWhole(fd)
    return record && completed(record, lockPath)
  } catch {
    // A read error on a record is the same as no record.
    return undefined
  } finally {
    closeSync(fd)
  }
}

/** Only a record without a token names the user in whose file the token is. */
function completed(record: OwnerRecord, lockPath: string): OwnerRecord {
  if (record.token !== undefined || record.uid === undefined) return record
  const token = readToken(lockPath, record.uid)
  return token === undefined ? record : withToken(record, token)
}

const readsAtMost = 10

/** What has a check proves itself; of what another program wrote two equal readings must do. */
function readUntilWhole(fd: number): OwnerRecord | undefined {
  let before: string | undefined
  for (let reads = 0; reads < readsAtMost; reads++) {
    const bytes = Buffer.alloc(recordBytes)
    const text = bytes.toString('utf8', 0, readSync(fd, bytes, 0, recordBytes, 0))
    const record = parseOwnerRecord(text)
    if (hasCheck(text) ? record : text === before) return record
    before = text
  }
  return undefined
}
