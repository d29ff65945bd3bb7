import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findDataDirectory } from '../directory/data-directory.ts'
import { type Filesystem, filesystemOf } from '../directory/filesystem.ts'
import { checkName, lockPathIn } from '../directory/names.ts'
import { type SyncedFolder, syncedFolderOf } from '../directory/sync-client.ts'
import { guardPathsOf } from '../lock/directory-guard.ts'
import { type LockedThrough, probeLocks } from '../lock/lock-probe.ts'
import type { Holder } from '../owner/holder.ts'
import type { OwnerRecord } from '../owner/owner-record.ts'
import { readRecord } from '../owner/owner-record-file.ts'
import { isSameProcess, ownIdentity } from '../owner/process-identity.ts'
import { isAlive } from '../owner/process-stat.ts'
import { type ForeignPid, type Ownership, whoOwns } from '../owner/who-owns.ts'

/** What an outside process can see of a data directory without owning or changing it. */
export interface Inspection {
  /** Its real path. If it does not exist yet, the absolute path. */
  readonly dir: string
  readonly exists: boolean
  readonly lockPath: string
  /** undefined if the directory does not exist. */
  readonly filesystem?: Filesystem
  /** The folder that a sync client seems to copy to other machines: the directory itself or one above it. */
  readonly synced?: SyncedFolder | undefined
  readonly held: boolean
  readonly through?: LockedThrough
  /** The holder according to the kernel; undefined if the kernel does not name it. */
  readonly holder?: Holder | undefined
  readonly record?: OwnerRecord | undefined
  /** Whether the record is the present owner's; undefined if the kernel shows nothing to compare it with. */
  readonly recordBelievable?: boolean | undefined
  /** Set if the record's PID is one of another host or PID namespace. */
  readonly foreign?: ForeignPid | undefined
  /** In a free directory: whether the process that left the record still runs; undefined if the system does not show it. */
  readonly isWriterAlive?: boolean | undefined
}

type Finding = Pick<Inspection, 'held' | 'through' | 'holder' | 'record' | 'recordBelievable' | 'foreign'>

/**
 * Finds out whether a data directory is held, and by which process.
 *
 * The kernel is asked first, which disturbs no process. If it names no holder (it does not for a holder in another
 * container, on some filesystems, and outside Linux), this tries the lock for a moment. There is no other way.
 *
 * @throws {DataDirUnusableError} if there is something else at that path, or it may not be looked at.
 * @throws {LockUnsupportedError} if the filesystem has no locks.
 * @throws {NativeModuleError} if the lock has to be tried and fs-ext cannot be loaded.
 */
export async function inspect(dir: string, name: string): Promise<Inspection> {
  checkName(name)
  const directory = findDataDirectory(dir)
  const path = directory?.path ?? resolve(dir)
  const lockPath = lockPathIn(path, name)
  if (!directory) return { dir: path, exists: false, lockPath, held: false }
  const filesystem = filesystemOf(path)
  const place = { dir: path, exists: true, lockPath, filesystem, synced: await syncedFolderOf(path) }
  const finding = askKernel(path, lockPath) ?? (await tryLocks(path, lockPath, name))
  if (finding) return { ...place, ...finding }
  const record = readRecord(lockPath)
  if (!record) return { ...place, held: false }
  // An owner blanks its record when it releases the lock. If a free directory has a record, its owner could not do that.
  const isWriterAlive = isAliveHere(record, filesystem)
  return { ...place, held: false, record, recordBelievable: false, isWriterAlive }
}

/** @returns undefined for a process of another host or PID namespace, and if the system shows no identity. */
function isAliveHere(record: OwnerRecord, filesystem: Filesystem): boolean | undefined {
  if (isSameProcess(record)) return true
  const { boot_id, pid_ns } = ownIdentity()
  if (record.boot_id === undefined || boot_id === undefined) return isAlive(record.pid) ? undefined : false
  // On a local disk, another boot is an earlier boot of this machine.
  const isOfThisSystem = record.boot_id === boot_id ? record.pid_ns === pid_ns : filesystem.kind === 'local'
  return isOfThisSystem ? false : undefined
}

function findingOf(through: LockedThrough, { holder, record, owner, foreign }: Ownership): Finding {
  // Without a holder, a record can be disproved but not confirmed.
  const recordBelievable = record && (owner ? (holder ? true : undefined) : false)
  return { held: true, through, holder, record, recordBelievable, foreign }
}

function askKernel(dir: string, lockPath: string): Finding | undefined {
  const ownership = whoOwns(lockPath)
  if (ownership.holder) return findingOf('lock-file', ownership)
  for (const guard of guardPathsOf(dir)) {
    const guarded = whoOwns(lockPath, guard)
    if (guarded.holder) return findingOf('directory', guarded)
  }
  return undefined
}

// Another `status` may try the lock at the same moment. An owner still has it at the next attempt.
const attempts = 3
const pauseMs = 5

async function tryLocks(dir: string, lockPath: string, name: string): Promise<Finding | undefined> {
  for (let attempt = 1; ; attempt++) {
    const through = probeLocks(dir, lockPath, name)
    if (!through) return undefined
    const [guard = dir] = through === 'directory' ? guardPathsOf(dir) : [lockPath]
    if (attempt === attempts) return findingOf(through, whoOwns(lockPath, guard))
    await sleep(pauseMs)
  }
}
