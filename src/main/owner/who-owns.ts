import { dirname } from 'node:path'
import { filesystemOf } from '../directory/filesystem.ts'
import { type Holder, lookAtLock } from './holder.ts'
import type { OwnerRecord } from './owner-record.ts'
import { readRecord } from './owner-record-file.ts'
import { agrees, identityOf, isSameProcess, ownIdentity } from './process-identity.ts'
import { isAlive } from './process-stat.ts'

/** Why a PID in an owner record means nothing in this process: whose numbers they are. */
export type ForeignPid = 'host' | 'pid-namespace'

/** All that can be told about the owner of a held lock. */
export interface Ownership {
  /** Who the kernel says it is. */
  readonly holder: Holder | undefined
  /** The record as it stands, whoever wrote it. */
  readonly record: OwnerRecord | undefined
  /** The record, where it can be the present owner's. */
  readonly owner: OwnerRecord | undefined
  /** Where the record's PID is of another host or PID namespace and the kernel names nobody. */
  readonly foreign: ForeignPid | undefined
}

/**
 * Puts together what the kernel and the owner record say about a held lock. The kernel counts more: any user who can
 * write to the directory can write a record that names another process. So a record is believed only if the kernel shows
 * its process as the holder, or if the kernel cannot show the holder to this process.
 *
 * @param contendedPath what is locked: the lock file, or the guard if only that is held.
 */
export function whoOwns(lockPath: string, contendedPath: string = lockPath): Ownership {
  const record = readRecord(lockPath)
  const { isListed, holder } = lookAtLock(contendedPath, record !== undefined)
  const nobody = { holder, record, owner: undefined, foreign: undefined }
  if (!record) return nobody
  if (holder) return { ...nobody, owner: isWriterOf(record, holder.pid) ? record : undefined }
  // The process that took it has ended, and left it to a process that this user cannot see. That one wrote no record.
  if (isListed) return nobody
  const foreign = foreignnessOf(record, lockPath)
  if (foreign) return { ...nobody, owner: record, foreign }
  // A process of this PID namespace would be listed, except on filesystems that leave the locking to a server.
  if (isListed === false && filesystemOf(dirname(lockPath)).kind === 'local') return nobody
  return { ...nobody, owner: isPossiblyAlive(record) ? record : undefined }
}

/** Whether a process of this system wrote a record; one without an identity is taken at its PID. */
function isWriterOf(record: OwnerRecord, pid: number): boolean {
  if (record.start_ticks === undefined) return record.pid === pid
  const living = identityOf(pid)
  return living === undefined ? record.pid === pid : agrees(record, living)
}

function foreignnessOf({ boot_id, pid_ns }: OwnerRecord, lockPath: string): ForeignPid | undefined {
  const own = ownIdentity()
  if (boot_id === undefined || own.boot_id === undefined) return undefined
  if (boot_id === own.boot_id) {
    return pid_ns === undefined || pid_ns === own.pid_ns ? undefined : 'pid-namespace'
  }
  // On a local disk another boot is an earlier one of this machine. A host's name is never asked: it changes.
  return filesystemOf(dirname(lockPath)).kind === 'local' ? undefined : 'host'
}

function isPossiblyAlive(record: OwnerRecord): boolean {
  const { boot_id } = ownIdentity()
  if (boot_id === undefined || record.boot_id === undefined) return isAlive(record.pid)
  return isSameProcess(record)
}

/** Whether the owner is this very process, through another copy of this package. */
export function isOwnProcess({ holder, owner, foreign }: Ownership): boolean {
  if (holder) return holder.pid === process.pid
  return owner !== undefined && !foreign && agrees(owner, ownIdentity()) && wasWrittenInThisLifetime(owner)
}

/** Where the system tells no start time of a process, an earlier one with the same PID may have left a record. */
function wasWrittenInThisLifetime({ started_at }: OwnerRecord): boolean {
  const processStart = Date.now() - process.uptime() * 1000
  return Date.parse(started_at ?? '') >= processStart
}
