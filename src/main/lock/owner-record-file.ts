import { closeSync, openSync, readSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { type OwnerRecord, parseOwnerRecord, recordBytes, serializeOwnerRecord } from './owner-record.ts'

/**
 * Where the record of a lock is kept: in the lock file itself, but on Windows beside it, since LockFileEx is
 * mandatory there and nobody else could read what the lock covers
 * (learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-lockfileex).
 */
function recordPathOf(lockPath: string): string {
  return process.platform === 'win32' ? lockPath.replace(/\.lock$/, '.owner.json') : lockPath
}

const blank = Buffer.alloc(recordBytes, ' ')
// Written at once and never handed out, so one is enough: making a new one takes longer than the write.
const page = Buffer.alloc(recordBytes)

/**
 * Replaces the record of a held lock: on POSIX by one write of fixed size at offset 0, without truncation, so
 * that no reader finds the file empty; on Windows by rename.
 *
 * @param record what to write, or undefined to blank it before the lock is released.
 * @throws the system's error, for instance `ENOSPC`. The lock is unaffected.
 */
export function writeRecord(lockPath: string, fd: number, record: OwnerRecord | undefined): void {
  const bytes = record ? serializeOwnerRecord(record, page) : blank
  if (process.platform !== 'win32') {
    writeSync(fd, bytes, 0, bytes.length, 0)
    return
  }
  const path = recordPathOf(lockPath)
  writeFileSync(`${path}.new`, bytes, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/**
 * Reads the record beside or inside a lock file. Never waits, never throws, never reads more than a record.
 *
 * @returns undefined where there is none that makes sense.
 */
export function readRecord(lockPath: string): OwnerRecord | undefined {
  let fd: number
  try {
    fd = openSync(recordPathOf(lockPath), 'r')
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
