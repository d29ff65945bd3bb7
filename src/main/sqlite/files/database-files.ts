import {
  type BigIntStats,
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  statSync,
} from 'node:fs'
import { attempt } from '../../../shared/attempt.ts'
import type { RecordedDatabase, RecordedLog } from './checkpoint-record.ts'
import { readHeader, readLogHeader, samplePages } from './file-format.ts'

/**
 * A database and its log by descriptors of this process.
 *
 * Closing any descriptor of a file drops every POSIX lock that the process has on it
 * (sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_). They are therefore
 * opened before SQLite opens the files and closed after it has closed them.
 */
export class DatabaseFiles {
  readonly path: string
  readonly database: number
  /** Whether the content is encrypted, because the database has a key. */
  readonly isEncrypted: boolean
  /** In bytes, for a database whose header is encrypted. */
  pageSize: number | undefined
  #log: number | undefined

  private constructor(path: string, database: number, log: number | undefined, isEncrypted: boolean) {
    this.path = path
    this.database = database
    this.#log = log
    this.isEncrypted = isEncrypted
  }

  /**
   * Opens the database, and the log if there is one.
   *
   * @returns undefined if one of them cannot be opened. SQLite then reports the reason.
   */
  static open(path: string, isEncrypted = false): DatabaseFiles | undefined {
    // A pipe in its place would block this thread.
    const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
    const database = isFile ? attempt(() => openSync(path, 'r')) : undefined
    if (database === undefined) return undefined
    const log = openLog(path)
    if (log !== undefined || !existsSync(`${path}-wal`))
      return new DatabaseFiles(path, database, log, isEncrypted)
    closeSync(database)
    return undefined
  }

  /** Which database file this is, as long as it is open. */
  get id(): string {
    return fileIdOf(this.databaseStat())
  }

  /** Whether the database is still the file under its path. */
  get isInPlace(): boolean {
    return fileIdAt(this.path) === this.id
  }

  /** Whether no other file is in the place of the log. */
  get isLogInPlace(): boolean {
    const present = statSync(`${this.path}-wal`, { bigint: true, throwIfNoEntry: false })
    const opened = this.logStat()
    // A reader of ours that finds no log creates an empty one.
    return !present || present.size === 0n || (opened !== undefined && fileIdOf(present) === fileIdOf(opened))
  }

  get log(): number | undefined {
    return this.#log
  }

  get mode(): number {
    return fstatSync(this.database).mode & 0o777
  }

  /** Creates an empty log if there is none, so that there is a descriptor of it before SQLite opens it. */
  createLog(): void {
    if (this.#log !== undefined) return
    const fd = attempt(() => openSync(`${this.path}-wal`, 'wx+', this.mode))
    if (fd === undefined) return
    // The umask may have taken permissions away that the database has.
    if (process.platform !== 'win32') fchmodSync(fd, this.mode)
    this.#log = fd
  }

  /**
   * Opens the log again if SQLite has removed it and made another. The old descriptor stays open, since a reader may
   * still have that log.
   */
  reopenLog(): void {
    const opened = this.logStat()
    if (opened && fileIdAt(`${this.path}-wal`) === fileIdOf(opened)) return
    this.#log = openLog(this.path)
  }

  databaseStat(): BigIntStats {
    return fstatSync(this.database, { bigint: true })
  }

  logStat(): BigIntStats | undefined {
    return this.#log === undefined ? undefined : fstatSync(this.#log, { bigint: true })
  }

  /** The salts of the log's header; undefined if there is no log, or no whole header. */
  get logSalts(): string | undefined {
    return this.#log === undefined ? undefined : readLogHeader(this.#log)?.salts
  }

  /** What a record says about the log, as it is now. */
  describeLog(hasChanges: boolean): RecordedLog {
    return { ino: this.logStat()?.ino.toString(), salts: this.logSalts, hasChanges }
  }

  /** What a record says about the database, as it is now. */
  describeDatabase(): RecordedDatabase {
    const { size, mtimeNs, ino, dev } = this.databaseStat()
    const logPageSize = this.#log === undefined ? undefined : readLogHeader(this.#log)?.pageSize
    const pageSize = readHeader(this.database)?.pageSize ?? this.pageSize ?? logPageSize ?? 4096
    return {
      size: Number(size),
      mtimeNs: String(mtimeNs),
      ino: String(ino),
      dev: String(dev),
      pageSize,
      sample: samplePages(this.database, Number(size), pageSize),
      ...(this.isEncrypted && { isEncrypted: true }),
    }
  }

  /** Waits until the database's times are on the disk. SQLite waits only for its content (man 2 fdatasync). */
  syncTimes(): void {
    // Windows requires a descriptor that may write.
    if (process.platform !== 'win32') fsyncSync(this.database)
  }

  /** Call it only when no connection of this process has the files open. */
  close(): void {
    closeSync(this.database)
    if (this.#log !== undefined) closeSync(this.#log)
  }
}

function openLog(path: string): number | undefined {
  const log = `${path}-wal`
  return attempt(() => openSync(log, 'r+')) ?? attempt(() => openSync(log, 'r'))
}

/** Identifies a file. The system uses an inode number again, but not while the file is open. */
export function fileIdOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}

/** @returns undefined if there is no file. */
export function fileIdAt(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat && fileIdOf(stat)
}
