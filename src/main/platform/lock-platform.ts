/** Takes the lock of an open descriptor, without waiting. */
export type TryLock = (fd: number) => 'acquired' | 'contended'

/**
 * What the lock needs of the operating system beyond flock, which fs-ext gives both kinds of them: Unix and Windows
 * each implement it once.
 */
export interface LockPlatform {
  /** Whether open descriptors that hold no lock are in nobody's way. */
  readonly descriptorsMayRest: boolean

  /**
   * Opens a lock file for reading and writing, and creates it with mode 0600 where it is missing.
   *
   * @throws the system's error.
   */
  openLockFile(path: string): number

  /**
   * Keeps a second owner out of a directory whose lock file was deleted under the first.
   *
   * @param tryLock as flock.ts has it. It is handed in, since a record must be readable where fs-ext is not built.
   * @returns a descriptor that holds the guard (closing it releases, so does the end of the process), `'contended'`,
   * or `'unavailable'` where the filesystem has no such thing, or this user may not have it; the lock file alone
   * decides there.
   * @throws the system's error for everything else, for instance `EMFILE`: to go without a guard that can be had would be
   * a protection less, and nobody told.
   */
  guardDirectory(dir: string, tryLock: TryLock): number | 'contended' | 'unavailable'

  /** Where the record of a lock is: in the lock file, or in a file of its own. */
  recordPathOf(lockPath: string): string

  /**
   * Opens the record of a lock for reading.
   *
   * @throws the system's error, `ENOENT` where there is none.
   */
  openRecord(lockPath: string): number

  /**
   * Replaces the record of a held lock, so that no reader ever finds half of it.
   *
   * @param fd the descriptor that holds the lock.
   * @param bytes all of the record; always as many.
   * @throws the system's error, for instance `ENOSPC`, and `EMLINK` if the file has a second name: it may belong to another
   * program or to a backup, which would lose its bytes. The lock is unaffected.
   */
  writeRecord(lockPath: string, fd: number, bytes: Buffer): void
}
