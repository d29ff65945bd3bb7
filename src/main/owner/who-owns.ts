import { dirname } from 'node:path'
import { filesystemOf } from '../directory/filesystem.ts'
import { type Holder, inspectFlock } from './holder.ts'
import type { OwnerRecord } from './owner-record.ts'
import { readRecord } from './owner-record-file.ts'
import { identityOf, isSameProcess, matches, ownIdentity } from './process-identity.ts'
import { isAlive } from './process-stat.ts'

/**
 * Why a PID in an owner record is not valid for this process: it belongs to another host or to another PID namespace.
 */
export type ForeignPid = 'host' | 'pid-namespace'

/** What is known about the owner of a held lock. */
export interface Ownership {
  /** The process that the kernel names. */
  readonly holder: Holder | undefined
  /** The record in the lock file. Any process may have written it. */
  readonly record: OwnerRecord | undefined
  /** The record, if it can be the present owner's. */
  readonly owner: OwnerRecord | undefined
  /** Set if the record's PID belongs to another host or PID namespace and the kernel names no process. */
  readonly foreign: ForeignPid | undefined
}

/**
 * Finds the owner of a held lock from the kernel and the owner record. The kernel counts more: any user who can write to the
 * directory can write a record that names another process. So a record is trusted only if the kernel shows its process as
 * the holder, or if the kernel cannot show the holder to this process.
 *
 * @param contendedPath the path that is locked: the lock file, or the guard if only the guard is held.
 */
export function whoOwns(lockPath: string, contendedPath: string = lockPath): Ownership {
  const record = readRecord(lockPath)
  const { isListed, holder } = inspectFlock(contendedPath, record?.pid)
  const unnamed = { holder, record, owner: undefined, foreign: undefined }
  if (!record) return unnamed
  if (holder) return { ...unnamed, owner: isWriterOf(record, holder.pid) ? record : undefined }
  // The process that took the lock has ended. A process that this user cannot see has inherited the lock, and it wrote
  // no record.
  if (isListed) return unnamed
  const foreign = foreignnessOf(record, lockPath)
  if (foreign) return { ...unnamed, owner: record, foreign }
  // A process of this PID namespace would be listed, unless a server does the locking for the filesystem.
  if (isListed === false && filesystemOf(dirname(lockPath)).kind === 'local') return unnamed
  return { ...unnamed, owner: isPossiblyAlive(record) ? record : undefined }
}

/** Whether a process of this system wrote a record. For a record without an identity the PID decides. */
function isWriterOf(record: OwnerRecord, pid: number): boolean {
  if (record.start_ticks === undefined) return record.pid === pid
  const living = identityOf(pid)
  return living === undefined ? record.pid === pid : matches(record, living)
}

function foreignnessOf({ boot_id, pid_ns }: OwnerRecord, lockPath: string): ForeignPid | undefined {
  const own = ownIdentity()
  if (boot_id === undefined || own.boot_id === undefined) return undefined
  if (boot_id === own.boot_id) {
    return pid_ns === undefined || pid_ns === own.pid_ns ? undefined : 'pid-namespace'
  }
  // On a local disk another boot is an earlier one of this machine. A host's name is not compared, because it changes.
  return filesystemOf(dirname(lockPath)).kind === 'local' ? undefined : 'host'
}

function isPossiblyAlive(record: OwnerRecord): boolean {
  const { boot_id } = ownIdentity()
  if (boot_id === undefined || record.boot_id === undefined) return isAlive(record.pid)
  return isSameProcess(record)
}

/** Whether the owner is this process itself, through another copy of this package. */
export function isOwnProcess({ holder, owner, foreign }: Ownership): boolean {
  if (holder) return holder.pid === process.pid
  return owner !== undefined && !foreign && matches(owner, ownIdentity()) && wasWrittenInThisLifetime(owner)
}

/** If the system shows no start times, an earlier process with the same PID may have left the record. */
function wasWrittenInThisLifetime({ started_at }: OwnerRecord): boolean {
  const processStart = Date.now() - process.uptime() * 1000
  return Date.parse(started_at ?? '') >= processStart
}
