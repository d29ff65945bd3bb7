import { DataDirError } from '../../shared/data-dir-error.ts'
import { printable } from '../../shared/printable.ts'
import type { Holder } from '../owner/holder.ts'
import type { OwnerRecord } from '../owner/owner-record.ts'
import type { ForeignPid, Ownership } from '../owner/who-owns.ts'

/** Another process owns the data directory. Neither its database nor its owner record was touched. */
export class DataDirLockedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_LOCKED'
  readonly code = DataDirLockedError.code
  /** The data directory's real path. */
  readonly dir: string
  /**
   * What the owner wrote about itself; undefined if the record is missing, malformed or not the holder's. Its `token` does
   * not show when the error is printed or sent.
   */
  readonly owner: OwnerRecord | undefined
  /** The process that holds the lock according to the kernel; undefined if the kernel does not show it. */
  readonly holder: Holder | undefined
  /**
   * Set if the owner is on another host or in another PID namespace (a container). Its PID is then not valid in this
   * process's PID namespace.
   */
  readonly foreign: ForeignPid | undefined

  constructor(dir: string, owner: OwnerRecord | undefined, holder: Holder | undefined, foreign?: ForeignPid) {
    super(`data directory already in use: ${dir}${whoInParentheses({ owner, holder, foreign })}.`, {
      remedy: 'Use the window of the process that has it, or end that process first.',
    })
    this.dir = dir
    this.owner = owner
    this.holder = holder
    this.foreign = foreign
  }

  /**
   * The owner's process id, from the kernel if it shows one, otherwise from the owner record; undefined if the record is
   * {@link foreign}, because the number would belong to another process here.
   */
  get pid(): number | undefined {
    return this.holder?.pid ?? (this.foreign ? undefined : this.owner?.pid)
  }
}

function whoInParentheses({ owner, holder, foreign }: Omit<Ownership, 'record'>): string {
  const pid = holder?.pid ?? owner?.pid
  if (pid === undefined) return ' (by a process that cannot be named)'
  const facts = [`pid ${pid}${foreign ? whosePid[foreign](owner) : ''}`]
  if (owner?.version) facts.push(`version ${owner.version}`)
  if (owner?.started_at) facts.push(`started ${owner.started_at}`)
  if (!owner && holder?.program) facts.push(`program ${holder.program}`)
  if (holder?.uid !== undefined && holder.uid !== process.geteuid?.()) facts.push(`user ${holder.uid}`)
  // Any program may have written the record.
  return ` (${printable(facts.join(', '))})`
}

const whosePid: Record<ForeignPid, (owner: OwnerRecord | undefined) => string> = {
  host: (owner) => ` on another machine${owner?.host ? `, ${owner.host}` : ''}`,
  'pid-namespace': () => ' in another container',
}

/** This process already has the data directory, through another claim or another version of this package. */
export class AlreadyOpenError extends DataDirError {
  static readonly code = 'ERR_DATADIR_ALREADY_OPEN'
  readonly code = AlreadyOpenError.code
  /** The data directory's real path. */
  readonly dir: string

  constructor(dir: string) {
    super(
      `This process already has the data directory ${dir} open, by another claim or copy of this package.`,
      {
        remedy: 'Open the directory in one place, and use the same pool everywhere.',
      },
    )
    this.dir = dir
  }
}

/**
 * What happened to a lock file under its owner. `directory-gone`: another directory, or none, is at the path of its
 * directory. `unreachable`: the path to it cannot be followed any more, because of permissions or a loop of links.
 */
export type LockFileFate = 'removed' | 'replaced' | 'directory-gone' | 'unreachable'

/** The lock file was removed, replaced or hidden, and this process can no longer keep others out. */
export class LockLostError extends DataDirError {
  static readonly code = 'ERR_DATADIR_LOCK_LOST'
  readonly code = LockLostError.code
  /** The lock file. */
  readonly path: string
  /** What happened to it. */
  readonly what: LockFileFate

  constructor(path: string, what: LockFileFate) {
    super(`${path} ${fates[what]}, and this process no longer owns the data directory.`, {
      remedy: 'Close the app and make sure that no other process uses the folder. Then start the app again.',
    })
    this.path = path
    this.what = what
  }
}

const fates: Record<LockFileFate, string> = {
  removed: 'was removed',
  replaced: 'was replaced',
  'directory-gone': 'is gone together with its directory',
  unreachable: 'can no longer be reached',
}

// man 3 errno: these errors may be gone at the next attempt.
const transient = new Set([
  ...['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS'],
  ...['ENOSPC', 'EDQUOT'],
  ...['EIO', 'ETIMEDOUT', 'EBUSY', 'EAGAIN', 'EINTR'],
])

/**
 * Whether an error is about the system at this moment and not about the file: the system is short of descriptors, memory or
 * space, or a disk does not answer.
 *
 * @param error the system's error, or one of this package with the system's error as its cause.
 */
export function isTransient(error: unknown): boolean {
  const { code, cause } = error as NodeJS.ErrnoException
  return transient.has(code ?? '') || (cause !== undefined && isTransient(cause))
}
