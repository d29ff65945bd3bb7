import { accessSync, constants, readFileSync, type Stats, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { DataDirError } from '../../shared/data-dir-error.ts'
import {
  explained,
  type FailureKind,
  type SystemFailure,
  systemFailureIn,
} from '../../shared/system-failure.ts'
import { describeFilesystem, type Filesystem, filesystemOf } from './filesystem.ts'
import { skipVariableOf } from './names.ts'

/**
 * Why a directory cannot hold data: `not-a-directory` (ENOTDIR, EEXIST, ELOOP), `not-a-file` if the lock file's name belongs
 * to something else, `no-permission` (EACCES, EPERM), `read-only` (EROFS), `no-space` (ENOSPC, EDQUOT), or `failed` for every
 * other error of the system (man 3 errno).
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
  /** What the path was to be used as. Default `data directory`. */
  readonly use?: 'data directory' | 'lock file' | 'folder of the guard'
  /** What is there instead of a file: `there is a folder of that name`. */
  readonly found?: string | undefined
  /** Which user may use the path, and how to change that. */
  readonly access?: SystemFailure | undefined
}

/** The data directory cannot be created, opened or written. Nothing in it was changed. */
export class DataDirUnusableError extends DataDirError {
  static readonly code = 'ERR_DATADIR_UNUSABLE'
  readonly code = DataDirUnusableError.code
  /** The path that could not be used: the directory, or a file in it. */
  readonly path: string
  /** Why, for a program. If the system reported an error, that error is the `cause`. */
  readonly reason: UnusableReason

  constructor(
    path: string,
    cause: NodeJS.ErrnoException | undefined,
    { use = 'data directory', found, access }: UnusableFacts = {},
  ) {
    const failure = systemFailureIn(cause)
    const reason = found === undefined ? ((failure && reasons[failure.kind]) ?? 'failed') : 'not-a-file'
    const { what, remedy } =
      (reason === 'no-permission' && access) || explanations[reason] || failure || unknown
    const why = reason === 'failed' && failure ? `${failure.what} (${failure.code})` : what
    super(`${path} cannot be used as a ${use}: ${found ?? why ?? cause?.message}.`, { remedy, cause })
    this.path = path
    this.reason = reason
  }
}

interface Explanation {
  readonly what?: string
  readonly remedy: string
}

/** The words for a data directory. Every other reason has the words of {@link systemFailureIn}. */
const explanations: Partial<Record<UnusableReason, Explanation>> = {
  'not-a-directory': {
    what: 'there is something at that path that is not a folder',
    remedy: 'Move it away, or choose another folder.',
  },
  'not-a-file': {
    remedy: 'Move it away. The app then creates a file in its place.',
  },
  'no-permission': {
    what: 'this user may not write there',
    remedy: 'Change the permissions of the folder, or choose another one.',
  },
}

const unknown: Explanation = {
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

/**
 * The lock cannot be trusted on this filesystem, or the app does not accept the filesystem. Such a filesystem has no
 * advisory locks (man 2 flock), grants the same lock to several processes, or keeps its locks on this computer while
 * other computers use the same files. At most the directory and an empty lock file were created.
 */
export class LockUnsupportedError extends DataDirError {
  static readonly code = 'ERR_DATADIR_LOCK_UNSUPPORTED'
  readonly code = LockUnsupportedError.code
  /** The path that cannot be locked: the lock file, or the data directory. */
  readonly path: string
  /** The filesystem of the path. */
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

/** A file or folder that this user cannot use. */
interface Closed {
  readonly path: string
  readonly stats: Stats
  readonly code: string
}

/**
 * Finds which of some files the user of this process cannot read and write, and whether the user cannot use their folder. It
 * asks the system (man 2 access) and opens nothing.
 *
 * @param paths files in one folder. A file that does not exist is passed over.
 * @returns what is wrong, with the command that repairs it; undefined if all of them can be read and written.
 */
export function accessFailureOf(paths: readonly [string, ...string[]]): SystemFailure | undefined {
  const dir = dirname(paths[0])
  const folder = closedAt(dir, constants.R_OK | constants.W_OK | constants.X_OK)
  const files = paths.map((path) => closedAt(path, constants.R_OK | constants.W_OK))
  const closed = [folder, ...files].filter((found) => found !== undefined)
  const [first] = closed
  if (!first) return undefined
  if (first.code === 'EROFS') return { ...explained('read-only-filesystem', first.code), path: first.path }
  return {
    kind: 'read-only',
    code: first.code,
    what: `${closed.map(describeClosed).join(', ')}, and ${presentUser()} cannot read and write ${closed.length > 1 ? 'them' : 'it'}`,
    remedy: `${remedyFor(dir, closed)} Then try again.`,
    path: first.path,
  }
}

function closedAt(path: string, mode: number): Closed | undefined {
  let stats: Stats | undefined
  try {
    stats = statSync(path, { throwIfNoEntry: false })
    if (stats) accessSync(path, mode)
    return undefined
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    const isRefusal = code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
    return stats && isRefusal ? { path, stats, code } : undefined
  }
}

function describeClosed(closed: Closed): string {
  const { path, stats } = closed
  // Node.js cannot name the owner of a file on Windows.
  if (process.platform === 'win32') return `${path} is read-only`
  if (isImmutable(closed)) return `${path} is protected against changes`
  const mode = (stats.mode & 0o777).toString(8).padStart(3, '0')
  return `${path} belongs to ${nameOfUser(stats.uid)} (mode ${mode})`
}

/** Neither its owner nor root can write such a file: man 2 access, EPERM. */
function isImmutable({ code }: Closed): boolean {
  return code === 'EPERM' && process.platform !== 'win32'
}

function remedyFor(dir: string, closed: readonly Closed[]): string {
  if (process.platform === 'win32') return 'Clear “Read-only” in the properties of the file.'
  const immutable = closed.filter(isImmutable)
  if (immutable.length > 0) {
    const command = process.platform === 'darwin' ? 'chflags nouchg' : 'sudo chattr -i'
    return `Run \`${command} ${pathsOf(immutable)}\`.`
  }
  if (closed.every(({ stats }) => stats.uid === process.getuid?.())) {
    const isFolder = closed.some(({ stats }) => stats.isDirectory())
    return `Run \`chmod ${isFolder ? 'u+rwX' : 'u+rw'} ${pathsOf(closed)}\`.`
  }
  // The other user may have left more files there, for example backups.
  return `Run \`sudo chown -R ${presentUser()} ${quoted(dir)}\`.`
}

function presentUser(): string {
  try {
    return userInfo().username
  } catch {
    // A user without an entry in the system's list.
    return String(process.getuid?.() ?? 'this user')
  }
}

/** The system's list is read directly, because Node.js gives the name of the present user only. */
function nameOfUser(uid: number): string {
  try {
    for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
      const [name, , id] = line.split(':')
      if (name && Number(id) === uid) return name
    }
  } catch {
    // The system has no such list.
  }
  return `user ${uid}`
}

function pathsOf(closed: readonly Closed[]): string {
  return closed.map(({ path }) => quoted(path)).join(' ')
}

/** Quotes a path for a shell. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
