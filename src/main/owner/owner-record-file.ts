import { closeSync, constants, fstatSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { findDataDirectory } from '../directory/data-directory.ts'
import { checkName, defaultName, lockPathIn } from '../directory/names.ts'
import { thisPlatform } from '../platform/this-platform.ts'
import {
  hasCheck,
  type OwnerRecord,
  parseOwnerRecord,
  recordBytes,
  serializeOwnerRecord,
  withToken,
} from './owner-record.ts'

const blank = Buffer.alloc(recordBytes, ' ')
// Each record is written synchronously, so one buffer is enough. Allocating a new one takes longer than the write.
const page = Buffer.alloc(recordBytes)

/**
 * Replaces the record of a held lock.
 *
 * @param record the new record; undefined blanks it before the lock is released.
 * @param links how many names the lock file has. Default: it is read.
 * @throws the system's error, for example `ENOSPC`. The lock is unaffected.
 */
export function writeRecord(
  lockPath: string,
  fd: number,
  record: OwnerRecord | undefined,
  links?: bigint,
): void {
  thisPlatform.writeRecord(lockPath, fd, record ? serializeOwnerRecord(record, page) : blank, links)
}

/** Returns the same bytes in a buffer of their own, for a write that ends later. */
export function recordOf(record: OwnerRecord | undefined): Buffer {
  return record ? serializeOwnerRecord(record) : blank
}

/**
 * Reads the owner record of a data directory, that is, what the owner wrote about itself. The record may be out of
 * date. Only the lock shows whether there is an owner.
 *
 * @param dir the data directory; nothing is created in it.
 * @param name the data directory's name. Default `app`.
 * @returns undefined if there is no such directory or no valid record.
 * @throws {InvalidOptionError} for an empty path, and for a name that cannot be part of a file name.
 * @throws {DataDirUnusableError} if something other than a directory is at that path, or if the permissions do not
 * allow the call.
 */
export function readOwner(dir: string, name: string = defaultName): OwnerRecord | undefined {
  checkName(name)
  const directory = findDataDirectory(dir)
  return directory && readRecord(lockPathIn(directory.path, name))
}

/**
 * Reads the record of a lock, and the token that belongs to it if this user may read it. It never throws and never reads
 * more than a record. On Windows it waits up to a tenth of a second for a record that is being replaced.
 *
 * @returns undefined if there is no valid record.
 */
export function readRecord(lockPath: string): OwnerRecord | undefined {
  let fd: number
  try {
    fd = thisPlatform.openRecord(lockPath)
  } catch {
    // The file is missing or unreadable. The owner then has no name, which every caller accepts.
    return undefined
  }
  try {
    const record = readUntilWhole(fd)
    return record && withTokenOfFile(record, lockPath)
  } catch {
    // A record that cannot be read is the same as no record.
    return undefined
  } finally {
    closeSync(fd)
  }
}

/** Only a record without a token names the user whose token is in a file. */
function withTokenOfFile(record: OwnerRecord, lockPath: string): OwnerRecord {
  if (record.token !== undefined || record.uid === undefined) return record
  const token = readToken(lockPath, record.uid)
  return token === undefined ? record : withToken(record, token)
}

const readsAtMost = 10

/** A check proves that a record is whole. A record of another program has none: two equal reads must be enough. */
function readUntilWhole(fd: number): OwnerRecord | undefined {
  let before: string | undefined
  for (let reads = 0; reads < readsAtMost; reads++) {
    const bytes = Buffer.alloc(recordBytes)
    const text = bytes.toString('utf8', 0, readSync(fd, bytes, 0, recordBytes, 0)).trimEnd()
    const record = parseOwnerRecord(text)
    if (hasCheck(text) ? record : text === before) return record
    before = text
  }
  return undefined
}

// In a directory that a group shares, its members can read the lock file, and with it the owner record. The secret of the
// hand-off is then in a file of its own, one for each user. A contender of another user cannot read it, and its launches are
// not accepted: their window would open on the screen of another user.

const longestToken = 256

function tokenPath(lockPath: string, uid: number): string {
  return lockPath.replace(/\.lock$/, `.token-${uid}`)
}

/**
 * Writes the token of this user's owner into a new file: an existing file may belong to another user, who could read it. It
 * does nothing on Windows, where a group shares no directory in this way.
 *
 * @throws the system's error, for example `ENOSPC`.
 */
export function writeToken(lockPath: string, token: string): void {
  const uid = process.geteuid?.()
  if (uid === undefined) return
  const path = tokenPath(lockPath, uid)
  rmSync(path, { force: true })
  writeFileSync(path, token, { flag: 'wx', mode: 0o600 })
}

/** Removes the token. It never throws: a token without an owner has no use. */
export function removeToken(lockPath: string): void {
  const uid = process.geteuid?.()
  try {
    if (uid !== undefined) rmSync(tokenPath(lockPath, uid), { force: true })
  } catch {
    // The next owner of this user replaces it.
  }
}

/**
 * @param uid the owner's user id, from its record.
 * @returns undefined if the owner is another user, or if another user has created the file.
 */
function readToken(lockPath: string, uid: number): string | undefined {
  if (uid !== process.geteuid?.()) return undefined
  try {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const fd = openSync(tokenPath(lockPath, uid), flags)
    try {
      const stats = fstatSync(fd)
      if (stats.uid !== uid || !stats.isFile()) return undefined
      const bytes = Buffer.alloc(longestToken)
      return bytes.toString('utf8', 0, readSync(fd, bytes, 0, longestToken, 0)) || undefined
    } finally {
      closeSync(fd)
    }
  } catch {
    // The file is missing or unreadable. There is then no hand-off.
    return undefined
  }
}
