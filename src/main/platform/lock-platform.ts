/**
 * The functions of the operating system that the lock needs besides flock, which fs-ext has for all systems. Unix and
 * Windows each implement them once.
 */
export interface LockPlatform {
  /**
   * Opens a lock file for reading and writing. If it is missing, it is created with mode 0600.
   *
   * @throws the system's error.
   */
  openLockFile(path: string): number

  /**
   * Keeps a second owner out of a directory even if the first owner's lock file was deleted.
   *
   * @returns a descriptor that holds the guard until it is closed or the process ends; `'contended'`; or `'unavailable'` if
   * the filesystem has no such guard, or if this user may not have it. The lock file alone decides then.
   * @throws the system's error for everything else, for example `EMFILE`. To go on without a guard that exists would remove
   * a protection silently.
   */
  guardDirectory(dir: string): number | 'contended' | 'unavailable'

  /** Returns the path of a lock's record: the lock file, or a file of its own. */
  recordPathOf(lockPath: string): string

  /**
   * Opens the record of a lock for reading.
   *
   * @throws the system's error, `ENOENT` if there is none.
   */
  openRecord(lockPath: string): number

  /**
   * Replaces the record of a held lock, so that a reader never finds half of it.
   *
   * @param fd the descriptor that holds the lock.
   * @param bytes the whole record. The size is always the same.
   * @param links how many names the lock file has. Default: it is read, if the record is in the lock file.
   * @throws the system's error, for example `ENOSPC`, and `EMLINK` if the file has a second name: it may belong to another
   * program or to a backup, which would lose its bytes. The lock is unaffected.
   */
  writeRecord(lockPath: string, fd: number, bytes: Buffer, links?: bigint): void
}
