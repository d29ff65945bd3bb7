import { DataDirError } from '../../shared/data-dir-error.ts'
import { type FailureKind, type SystemFailure, systemFailureIn } from '../../shared/system-failure.ts'
import { describeFilesystem, type Filesystem, filesystemOf } from './filesystem.ts'
import { skipVariableOf } from './names.ts'

/**
 * Why a directory cannot hold data: `not-a-directory` (ENOTDIR, EEXIST, ELOOP), `not-a-file` where something else has
 * the lock file's name, `no-permission` (EACCES, EPERM), `read-only` (EROFS), `no-space` (ENOSPC, EDQUOT), or `failed`
 * for every other error of the system (man 3 errno).
 */
export type UnusableReason =
  | 'not-a-directory'
  | 'not-a-file'
  | 'no-permission'
  | 'read-only'
  | 'no-space'
  | 'failed'

/** What else is known of a path that cannot be used. */
export interface UnusableFacts {
  /** What it was to be. Default `data directory`. */
  readonly use?: 'data directory' | 'lock file' | 'folder of the guard'
  /** That something else than a file has its name: `there is a folder of that name`. */
  readonly found?: string | undefined
  /** Who may use it instead, and what changes that. */
  readonly access?: SystemFailure | undefined
}

/** The data directory cannot be created, opened or written. Nothing in it was changed. */
export class DataDirUnusableError extends DataDirError {
  static readonly code = 'ERR_DATADIR_UNUSABLE'
  readonly code = DataDirUnusableError.code
  /** What could not be used: the directory, or a file in it. */
  readonly path: string
  /** Why, for a program; the system's own error, where there is one, is the `cause`. */
  readonly reason: UnusableReason

  constructor(
    path: string,
    cause: NodeJS.ErrnoException | undefined,
    { use = 'data directory', found, access }: UnusableFacts = {},
  ) {
    const failure = systemFailureIn(cause)
    const reason = found === undefined ? reasonOf(failure) : 'not-a-file'
    const { what, remedy } =
      (reason === 'no-permission' && access) || explanations[reason] || failure || unknown
    const why = reason === 'failed' && failure ? `${failure.what} (${failure.code})` : what
    super(`${path} cannot be used as a ${use}: ${found ?? why ?? cause?.message}.`, { remedy, cause })
    this.path = path
    this.reason = reason
  }
}

/** The words for a data directory. Every other reason has the words of {@link systemFailureIn}. */
const explanations: Partial<Record<UnusableReason, { what?: string; remedy: string }>> = {
  'not-a-directory': {
    what: 'there is something at that path that is not a folder',
    remedy: 'Move it away, or choose another folder.',
  },
  'not-a-file': {
    remedy: 'Move it away; a file is made in its place.',
  },
  'no-permission': {
    what: 'this user may not write there',
    remedy: 'Change the permissions of the folder, or choose another one.',
  },
}

const unknown: { what?: string; remedy: string } = {
  remedy: 'Check that the folder exists and can be written, or choose another one.',
}

const reasons: Partial<Record<FailureKind, UnusableReason>> = {
  'not-a-folder': 'not-a-directory',
  'in-the-way': 'not-a-directory',
  'link-loop': 'not-a-directory',
  'no-permission': 'no-permission',
  'read-only-filesystem': 'read-only',
  'no-space': 'no-space',
  quota: 'no-space',
}

function reasonOf(failure: SystemFailure | undefined): UnusableReason {
  return (failure && reasons[failure.kind]) ?? 'failed'
}

/**
 * The filesystem has no advisory lock (man 2 flock), grants it to everybody, keeps it on this computer while others use
 * the same files, or is not one that the app accepts. Nothing but the directory and an empty lock file was created.
 */
export class LockUnsupportedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_LOCK_UNSUPPORTED'
  readonly code = LockUnsupportedError.code
  /** What no lock can be taken on: the lock file, or the data directory. */
  readonly path: string
  /** What the path is on. */
  readonly filesystem: Filesystem

  /** @param first the beginning of the remedy. It may name something else to do. */
  constructor(path: string, name: string, why: string, cause?: unknown, first = 'Use') {
    const filesystem = filesystemOf(path)
    super(`No lock can be taken on ${path}, on ${describeKind(filesystem)}: ${why}.`, {
      remedy: `${first} a folder on a local disk, or set ${skipVariableOf(name)}=1 and make sure yourself that only one process uses it.`,
      cause,
    })
    this.path = path
    this.filesystem = filesystem
  }
}

function describeKind(filesystem: Filesystem): string {
  if (filesystem.kind === 'unknown') return 'a filesystem without a known name'
  return `${describeFilesystem(filesystem)}${filesystem.kind === 'network' ? ', a network filesystem' : ''}`
}
