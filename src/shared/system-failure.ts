/** What SQLite or the system ran into, whatever this package was doing at that time. */
export type FailureKind =
  | 'no-space'
  | 'quota'
  | 'file-too-large'
  | 'read-only-filesystem'
  | 'read-only'
  | 'no-permission'
  | 'too-many-files'
  | 'not-a-folder'
  | 'is-a-folder'
  | 'in-the-way'
  | 'missing'
  | 'link-loop'
  | 'disk-error'
  | 'unsupported'
  | 'no-shared-memory'
  | 'busy'
  | 'in-use'
  | 'damaged'
  | 'not-a-database'
  | 'cannot-open'
  | 'too-big'
  | 'no-memory'

/** An error of SQLite or of the system, explained. */
export interface SystemFailure {
  /** What it was, for a program. */
  readonly kind: FailureKind
  /** The code it was found by: `SQLITE_FULL`, `ENOSPC`. */
  readonly code: string
  /** What happened, in words that fit after a colon. */
  readonly what: string
  /** What to do about it: sentences. */
  readonly remedy: string
  /** The file or folder that the system names. */
  readonly path?: string
}

const explanations: Readonly<Record<FailureKind, { readonly what: string; readonly remedy: string }>> = {
  'no-space': { what: 'the disk is full', remedy: 'Free some space on the disk, then try again.' },
  quota: {
    what: 'your disk quota is used up',
    remedy: 'Delete files that you do not need, or ask for a larger quota. Then try again.',
  },
  'file-too-large': {
    what: 'a file is larger than the filesystem or the limits of this process allow',
    remedy: 'Use a filesystem that allows larger files, or raise the limit (`ulimit -f`).',
  },
  'read-only-filesystem': {
    what: 'it is on a read-only filesystem',
    remedy: 'Make the filesystem writable, or choose a folder on another one.',
  },
  'read-only': {
    what: 'it can only be read, not written',
    remedy: 'Make the file and its folder writable for the user who runs the app.',
  },
  'no-permission': {
    what: 'the permissions do not allow it',
    remedy: 'Make the file and its folder readable and writable for the user who runs the app.',
  },
  'too-many-files': {
    what: 'too many files are open',
    remedy: 'Close other programs or windows, or raise the limit (`ulimit -n`). Then try again.',
  },
  'not-a-folder': {
    what: 'there is a file where a folder should be',
    remedy: 'Move that file away, then try again.',
  },
  'is-a-folder': {
    what: 'there is a folder where a file should be',
    remedy: 'Move that folder away, then try again.',
  },
  'in-the-way': {
    what: 'there is something else of that name',
    remedy: 'Move it away, then try again.',
  },
  missing: {
    what: 'a file or folder is missing',
    remedy: 'Check that the disk is connected and that the folder exists. Then try again.',
  },
  'link-loop': {
    what: 'a symbolic link leads back to itself',
    remedy: 'Remove that link, then try again.',
  },
  'disk-error': {
    what: 'the disk reported an error',
    remedy: 'Check the disk and its connection. Copy the files to another disk if you can.',
  },
  unsupported: {
    what: 'the filesystem does not support it',
    remedy: 'Use a folder on a local disk.',
  },
  'no-shared-memory': {
    what: 'the filesystem does not support shared memory',
    remedy: 'Use a folder on a local disk.',
  },
  busy: {
    what: 'the database is locked by another program',
    remedy: 'Close the other program, for example a database browser. Then try again.',
  },
  'in-use': {
    what: 'another program uses it',
    remedy: 'Close the other program, then try again.',
  },
  damaged: {
    what: 'the database is damaged',
    remedy: 'Restore a backup of it.',
  },
  'not-a-database': {
    what: 'the file is not a database',
    remedy: 'Move the file away, or put a backup in its place.',
  },
  'cannot-open': {
    what: 'the file, or another file that belongs to it, cannot be opened',
    remedy: 'Check that the file and its folder can be read and written.',
  },
  'too-big': {
    what: 'a value or a result is too large',
    remedy: 'Use smaller pieces of data.',
  },
  'no-memory': {
    what: 'there is not enough memory',
    remedy: 'Close other programs, then try again.',
  },
}

/** The codes of the system: man 3 errno. */
export const systemCodes: Readonly<Record<string, FailureKind>> = {
  ENOSPC: 'no-space',
  EDQUOT: 'quota',
  EFBIG: 'file-too-large',
  EROFS: 'read-only-filesystem',
  EACCES: 'no-permission',
  EPERM: 'no-permission',
  EMFILE: 'too-many-files',
  ENFILE: 'too-many-files',
  ENOTDIR: 'not-a-folder',
  EISDIR: 'is-a-folder',
  EEXIST: 'in-the-way',
  ENOTEMPTY: 'in-the-way',
  ENOENT: 'missing',
  ENODEV: 'missing',
  ENXIO: 'missing',
  ELOOP: 'link-loop',
  EIO: 'disk-error',
  ESTALE: 'disk-error',
  ENOTCONN: 'disk-error',
  ETIMEDOUT: 'disk-error',
  ENOTSUP: 'unsupported',
  EOPNOTSUPP: 'unsupported',
  ENOSYS: 'unsupported',
  ENOLCK: 'unsupported',
  EXDEV: 'unsupported',
  EBUSY: 'in-use',
  ETXTBSY: 'in-use',
  ENOMEM: 'no-memory',
}

/** The codes of SQLite (sqlite.org/rescode.html). The first whose beginning fits counts. */
export const sqliteCodes: readonly (readonly [beginning: string, kind: FailureKind])[] = [
  ['SQLITE_FULL', 'no-space'],
  // SQLite makes the file of its shared memory larger: there is no other way in which this fails.
  ['SQLITE_IOERR_SHMSIZE', 'no-space'],
  ['SQLITE_IOERR_SHM', 'no-shared-memory'],
  ['SQLITE_IOERR_NOMEM', 'no-memory'],
  ['SQLITE_IOERR_BLOCKED', 'busy'],
  ['SQLITE_IOERR_CORRUPTFS', 'damaged'],
  ['SQLITE_IOERR', 'disk-error'],
  ['SQLITE_READONLY', 'read-only'],
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
  ['SQLITE_CORRUPT', 'damaged'],
  ['SQLITE_NOTADB', 'not-a-database'],
  ['SQLITE_CANTOPEN_ISDIR', 'is-a-folder'],
  ['SQLITE_CANTOPEN_SYMLINK', 'link-loop'],
  ['SQLITE_CANTOPEN', 'cannot-open'],
  ['SQLITE_PERM', 'no-permission'],
  ['SQLITE_AUTH', 'no-permission'],
  ['SQLITE_NOLFS', 'file-too-large'],
  ['SQLITE_TOOBIG', 'too-big'],
  ['SQLITE_NOMEM', 'no-memory'],
]

/**
 * Explains an error of SQLite or of the system. This is the one place that maps their codes to words, so that the same
 * cause has the same remedy wherever it is met.
 *
 * @param error what was thrown. Its causes are searched too, the outermost first.
 * @returns undefined if no error among them has a known code.
 */
export function systemFailureIn(error: unknown): SystemFailure | undefined {
  for (const cause of causesOf(error)) {
    const { code, path } = cause as { readonly code?: unknown; readonly path?: unknown }
    if (typeof code !== 'string') continue
    const kind = kindOf(code)
    if (kind) return { ...explained(kind, code), ...(typeof path === 'string' && { path }) }
  }
  return undefined
}

/** The explanation of a kind of failure, for callers that found it out by other means than an error. */
export function explained(kind: FailureKind, code: string): SystemFailure {
  return { kind, code, ...explanations[kind] }
}

function kindOf(code: string): FailureKind | undefined {
  if (Object.hasOwn(systemCodes, code)) return systemCodes[code]
  return sqliteCodes.find(([beginning]) => code.startsWith(beginning))?.[1]
}

const causesAtMost = 16

/** An error and its causes, the outermost first. */
export function* causesOf(error: unknown): Generator<Error> {
  let cause = error
  // An error may be among its own causes.
  for (let depth = 0; cause instanceof Error && depth < causesAtMost; depth++) {
    yield cause
    cause = cause.cause
  }
}
