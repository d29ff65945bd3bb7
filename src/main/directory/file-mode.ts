import {
  type BigIntStats,
  chmodSync,
  chownSync,
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs'

const privateMode = 0o600
const sharedMode = 0o660
const groupMayWrite = 0o020

/**
 * The group that shares a directory. Its members may create and remove files there, so they also get the files of this
 * package: otherwise the files of the first user would lock the others out.
 *
 * @returns the group id; undefined if the directory is its owner's alone, and on Windows, which has no such bits.
 */
export function sharingGroupOf({ mode, gid }: Pick<Stats, 'mode' | 'gid'>): number | undefined {
  return process.platform !== 'win32' && (mode & groupMayWrite) !== 0 ? gid : undefined
}

/**
 * The same for a directory that is named by its path.
 *
 * @throws the system's error if the directory cannot be looked at.
 */
export function sharingGroupIn(dir: string): number | undefined {
  return sharingGroupOf(statSync(dir))
}

/**
 * Gives an open file to the group that shares its directory, or takes everybody else's permissions away from it if there
 * is no such group. It corrects what the umask took away, and what a restored backup or a generous program left. Only
 * the file's owner may do that (man 2 chmod), so nothing is done to another user's file.
 */
export function fitOpenFile(
  fd: number,
  stats: Pick<BigIntStats, 'mode' | 'uid' | 'gid'>,
  group: number | undefined,
): void {
  applyTo(stats, group, {
    giveTo: (gid) => fchownSync(fd, Number(stats.uid), gid),
    change: (mode) => fchmodSync(fd, mode),
  })
}

/**
 * Gives a file to the group that shares its directory. It opens no file: to close any descriptor of a database would
 * take SQLite's locks away (sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 *
 * @param path a missing file is ignored.
 */
export function shareFile(path: string, group: number): void {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (!stats?.isFile()) return
  applyTo(stats, group, {
    giveTo: (gid) => chownSync(path, Number(stats.uid), gid),
    change: (mode) => chmodSync(path, mode),
  })
}

/**
 * Creates an empty file, for its owner alone or for the group that shares its directory.
 *
 * @throws the system's error, `EEXIST` if there is a file already.
 */
export function createFile(path: string, group: number | undefined): void {
  const fd = openSync(path, 'wx', privateMode)
  try {
    if (group !== undefined) fitOpenFile(fd, fstatSync(fd, { bigint: true }), group)
  } finally {
    closeSync(fd)
  }
}

/** Gives a new folder to the group that shares the directory above it, with the setgid bit, so that its files follow. */
export function shareFolder(path: string, group: number): void {
  const stats = statSync(path)
  if (stats.uid !== process.geteuid?.()) return
  try {
    if (stats.gid !== group) chownSync(path, stats.uid, group)
    chmodSync(path, 0o2770)
  } catch {
    // A filesystem without permissions, or a group that this user is not in: then the folder stays private.
  }
}

interface Changes {
  giveTo(gid: number): void
  change(mode: number): void
}

function applyTo(
  { mode, uid, gid }: Pick<BigIntStats, 'mode' | 'uid' | 'gid'>,
  group: number | undefined,
  { giveTo, change }: Changes,
): void {
  // Windows has no such bits, and no user ids either.
  if (Number(uid) !== process.geteuid?.()) return
  try {
    // A file of another group would become readable for people who may not even look into the directory.
    if (group !== undefined && Number(gid) !== group) giveTo(group)
    const wanted = group === undefined ? privateMode : sharedMode
    if ((Number(mode) & 0o077) !== (wanted & 0o077)) change(wanted)
  } catch {
    // A filesystem that keeps no permissions, or only one set for all files, or a group that this user is not in.
  }
}
