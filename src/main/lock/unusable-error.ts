import { DataDirError } from '../../shared/data-dir-error.ts'

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
  readonly use?: 'data directory' | 'lock file'
  /** That something else than a file has its name: `there is a folder of that name`. */
  readonly found?: string | undefined
}

/** The data directory cannot be created, opened or written. Nothing in it was changed. */
export class DataDirUnusableError extends DataDirError {
  readonly code = 'ERR_DATADIR_UNUSABLE'
  /** What could not be used: the directory, or a file in it. */
  readonly path: string
  /** Why, for a program; the system's own error, where there is one, is the `cause`. */
  readonly reason: UnusableReason

  constructor(
    path: string,
    cause: NodeJS.ErrnoException | undefined,
    { use = 'data directory', found }: UnusableFacts = {},
  ) {
    const reason = found === undefined ? reasonOf(cause) : 'not-a-file'
    const { what, remedy }: Explanation =
      reason === 'no-permission' && use === 'lock file' ? noFile : explanations[reason]
    super(`${path} cannot be used as a ${use}: ${found ?? what ?? cause?.message}.`, { remedy, cause })
    this.path = path
    this.reason = reason
  }
}

interface Explanation {
  readonly what?: string
  readonly remedy: string
}

const noFile: Explanation = {
  what: 'this user may not write it',
  remedy:
    'Change the owner or the permissions of the file. If a group shares the folder, it is enough that the user who owns ' +
    'the file opens the app once.',
}

/** `what` is missing where the path or the system says it. */
const explanations: Record<UnusableReason, Explanation> = {
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
  'read-only': {
    what: 'it is on a read-only filesystem',
    remedy: 'Make the filesystem writable, or choose a folder on another one.',
  },
  'no-space': {
    what: 'the filesystem is full',
    remedy: 'Free some space, then try again.',
  },
  failed: {
    remedy: 'Check that the folder exists and can be written, or choose another one.',
  },
}

function reasonOf(cause: NodeJS.ErrnoException | undefined): UnusableReason {
  switch (cause?.code) {
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ELOOP':
      return 'not-a-directory'
    case 'EACCES':
    case 'EPERM':
      return 'no-permission'
    case 'EROFS':
      return 'read-only'
    case 'ENOSPC':
    case 'EDQUOT':
      return 'no-space'
    default:
      return 'failed'
  }
}
