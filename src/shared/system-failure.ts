/** The problem that SQLite or the system reported. */
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
  /** The problem, for a program. */
  readonly kind: FailureKind
  /** The code of the error: `SQLITE_FULL`, `ENOSPC`. */
  readonly code: string
  /** What happened, in words that fit after a colon. */
  readonly what: string
  /** What to do about it: sentences. */
  readonly remedy: string
  /** The file or folder that the system names. */
  readonly path?: string
}

interface Explanation extends Pick<SystemFailure, 'what' | 'remedy'> {
  /** Codes of the system (man 3 errno), and beginnings of codes of SQLite (sqlite.org/rescode.html). */
  readonly codes: readonly string[]
}

const explanations: Readonly<Record<FailureKind, Explanation>> = {
  'no-space': {
    what: 'the disk is full',
    remedy: 'Free some space on the disk, then try again.',
    // SHMSIZE: SQLite makes the file of its shared memory larger. That fails for no other reason.
    codes: ['ENOSPC', 'SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE'],
  },
  quota: {
    what: 'your disk quota is used up',
    remedy: 'Delete files that you do not need, or ask for a larger quota. Then try again.',
    codes: ['EDQUOT'],
  },
  'file-too-large': {
    what: 'a file is larger than the filesystem or the limits of this process allow',
    remedy: 'Use a filesystem that allows larger files, or raise the limit (`ulimit -f`).',
    codes: ['EFBIG', 'SQLITE_NOLFS'],
  },
  'read-only-filesystem': {
    what: 'it is on a read-only filesystem',
    remedy: 'Make the filesystem writable, or choose a folder on another one.',
    codes: ['EROFS'],
  },
  'read-only': {
    what: 'it can only be read, not written',
    remedy: 'Make the file and its folder writable for the user who runs the app.',
    codes: ['SQLITE_READONLY'],
  },
  'no-permission': {
    what: 'the permissions do not allow it',
    remedy: 'Make the file and its folder readable and writable for the user who runs the app.',
    codes: ['EACCES', 'EPERM', 'SQLITE_PERM', 'SQLITE_AUTH'],
  },
  'too-many-files': {
    what: 'too many files are open',
    remedy: 'Close other programs or windows, or raise the limit (`ulimit -n`). Then try again.',
    codes: ['EMFILE', 'ENFILE'],
  },
  'not-a-folder': {
    what: 'there is a file where a folder should be',
    remedy: 'Move that file away, then try again.',
    codes: ['ENOTDIR'],
  },
  'is-a-folder': {
    what: 'there is a folder where a file should be',
    remedy: 'Move that folder away, then try again.',
    codes: ['EISDIR', 'SQLITE_CANTOPEN_ISDIR'],
  },
  'in-the-way': {
    what: 'there is something else of that name',
    remedy: 'Move it away, then try again.',
    codes: ['EEXIST', 'ENOTEMPTY'],
  },
  missing: {
    what: 'a file or folder is missing',
    remedy: 'Check that the disk is connected and that the folder exists. Then try again.',
    codes: ['ENOENT', 'ENODEV', 'ENXIO'],
  },
  'link-loop': {
    what: 'a symbolic link leads back to itself',
    remedy: 'Remove that link, then try again.',
    codes: ['ELOOP', 'SQLITE_CANTOPEN_SYMLINK'],
  },
  'disk-error': {
    what: 'the disk reported an error',
    remedy: 'Check the disk and its connection. Copy the files to another disk if you can.',
    codes: ['EIO', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT', 'SQLITE_IOERR'],
  },
  unsupported: {
    what: 'the filesystem does not support it',
    remedy: 'Use a folder on a local disk.',
    codes: ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOLCK', 'EXDEV'],
  },
  'no-shared-memory': {
    what: 'the filesystem does not support shared memory',
    remedy: 'Use a folder on a local disk.',
    codes: ['SQLITE_IOERR_SHMOPEN', 'SQLITE_IOERR_SHMLOCK', 'SQLITE_IOERR_SHMMAP'],
  },
  busy: {
    what: 'the database is locked by another program',
    remedy: 'Close the other program, for example a database browser. Then try again.',
    codes: ['SQLITE_IOERR_BLOCKED', 'SQLITE_BUSY', 'SQLITE_LOCKED'],
  },
  'in-use': {
    what: 'another program uses it',
    remedy: 'Close the other program, then try again.',
    codes: ['EBUSY', 'ETXTBSY'],
  },
  damaged: {
    what: 'the database is damaged',
    remedy: 'Restore a backup of it.',
    codes: ['SQLITE_IOERR_CORRUPTFS', 'SQLITE_CORRUPT'],
  },
  'not-a-database': {
    what: 'the file is not a database',
    remedy: 'Move the file away, or put a backup in its place.',
    codes: ['SQLITE_NOTADB'],
  },
  'cannot-open': {
    what: 'the file, or another file that belongs to it, cannot be opened',
    remedy: 'Check that the file and its folder can be read and written.',
    codes: ['SQLITE_CANTOPEN'],
  },
  'too-big': {
    what: 'a value or a result is too large',
    remedy: 'Use smaller pieces of data.',
    codes: ['SQLITE_TOOBIG'],
  },
  'no-memory': {
    what: 'there is not enough memory',
    remedy: 'Close other programs, then try again.',
    codes: ['ENOMEM', 'SQLITE_IOERR_NOMEM', 'SQLITE_NOMEM'],
  },
}

/** What each code, or the beginning of a code, stands for. */
export const kindsByCode: ReadonlyMap<string, FailureKind> = new Map(
  Object.entries(explanations).flatMap(([kind, { codes }]) =>
    codes.map((code) => [code, kind as FailureKind]),
  ),
)

/**
 * Explains an error of SQLite or of the system. This is the one place that maps their codes to words, so that the same
 * cause has the same remedy everywhere.
 *
 * @param error any value that was thrown. Its causes are searched too, the outermost first.
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

/** Returns the explanation of a kind of failure, for callers that found it without an error. */
export function explained(kind: FailureKind, code: string): SystemFailure {
  const { what, remedy } = explanations[kind]
  return { kind, code, what, remedy }
}

/** SQLite adds words to its codes: `SQLITE_IOERR_READ` has the words of `SQLITE_IOERR`. */
function kindOf(code: string): FailureKind | undefined {
  const end = code.lastIndexOf('_')
  return kindsByCode.get(code) ?? (end > 0 ? kindOf(code.slice(0, end)) : undefined)
}

const causesAtMost = 16

/** Yields an error and its causes, the outermost first. */
export function* causesOf(error: unknown): Generator<Error> {
  let cause = error
  // An error may be among its own causes.
  for (let depth = 0; cause instanceof Error && depth < causesAtMost; depth++) {
    yield cause
    cause = cause.cause
  }
}
