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
 * Returns the group that shares a directory. Its members may create and remove files there, so the files of this package
 * belong to the group too: otherwise the files of the first user would lock the others out.
 *
 * @returns the group id; undefined if only the directory's owner may write in it, and on Windows, which has no such bits.
 */
export function sharingGroupOf({ mode, gid }: Pick<Stats, 'mode' | 'gid'>): number | undefined {
  return process.platform !== 'win32' && (mode & groupMayWrite) !== 0 ? gid : undefined
}

/**
 * The same for the path of a directory.
 *
 * @throws the system's error if there is no such directory, or if the permissions do not allow the call.
 */
export function sharingGroupIn(dir: string): number | undefined {
  return sharingGroupOf(statSync(dir))
}

/**
 * Gives a file to the group that shares its directory. If there is no such group, removes the permissions of all others.
 * This corrects what the umask removed, and what a restored backup or a careless program left. Only the file's owner can do
 * that (man 2 chmod), so nothing is done to another user's file.
 *
 * @param file a descriptor, or a path without symbolic links.
 */
export function setFileMode(
  file: number | string,
  { mode, uid, gid }: Pick<BigIntStats, 'mode' | 'uid' | 'gid'>,
  group: number | undefined,
): void {
  const wanted = group === undefined ? privateMode : sharedMode
  const isOfGroup = group === undefined || Number(gid) === group
  const hasMode = (Number(mode) & 0o077) === (wanted & 0o077)
  // Windows has neither such bits nor user ids.
  if ((isOfGroup && hasMode) || Number(uid) !== process.geteuid?.()) return
  const isOpen = typeof file === 'number'
  try {
    // The group changes first, because members of the old group may not be allowed to read the directory.
    if (!isOfGroup) {
      if (isOpen) fchownSync(file, Number(uid), group)
      else chownSync(file, Number(uid), group)
    }
    if (hasMode) return
    if (isOpen) fchmodSync(file, wanted)
    else chmodSync(file, wanted)
  } catch {
    // A filesystem that keeps no permissions, or only one set for all files, or a group that this user is not in.
  }
}

/**
 * The same for the path of a file in a shared directory. It opens no file: to close any descriptor of a database would
 * release SQLite's locks (sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 *
 * @param path a missing file is ignored, and so is a symbolic link.
 */
export function shareFile(path: string, group: number): void {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (stats?.isFile()) setFileMode(path, stats, group)
}

/**
 * Creates an empty file, for its owner alone or for the group that shares its directory.
 *
 * @throws the system's error, `EEXIST` if there is a file already.
 */
export function createFile(path: string, group: number | undefined): void {
  const fd = openSync(path, 'wx', privateMode)
  try {
    if (group !== undefined) setFileMode(fd, fstatSync(fd, { bigint: true }), group)
  } finally {
    closeSync(fd)
  }
}

/** Gives a new folder to the group that shares the directory above it. The setgid bit gives its files to that group too. */
export function shareFolder(path: string, group: number): void {
  const stats = statSync(path)
  if (stats.uid !== process.geteuid?.()) return
  try {
    if (stats.gid !== group) chownSync(path, stats.uid, group)
    chmodSync(path, 0o2770)
  } catch {
    // A filesystem without permissions, or a group that this user is not in: the folder stays private.
  }
}
