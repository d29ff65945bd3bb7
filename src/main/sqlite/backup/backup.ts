import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { attempt } from '../../../shared/attempt.ts'
import { InvalidOptionError } from '../../../shared/data-dir-error.ts'
import { isSameFile } from '../../directory/data-directory.ts'
import { createFile, sharingGroupIn } from '../../directory/file-mode.ts'
import { BackupFailedError, backupFailure } from '../errors/backup-errors.ts'
import { newPartialPath, removePartialBackup } from '../files/backup-files.ts'
import { renameAndSync } from '../files/fsync.ts'
import { openingPatience } from '../open/busy-wait.ts'
import { Connector } from '../open/connector.ts'
import { refuseWrongKeyAt } from '../open/key-check.ts'
import { refuseOtherFile } from '../open/open-checks.ts'
import { openConfigured } from '../open/open-connection.ts'
import { refuseMismatchAt } from '../open/open-writer.ts'
import { type BackupResult, sealBackup } from './check-backup.ts'

/** The progress of a backup, in bytes and in pages of the database (sqlite.org/fileformat2.html#pages). */
export interface BackupProgress {
  /** How many pages are in the copy. */
  readonly copiedPages: number
  /** How many pages the database has now. It may grow while it is copied. */
  readonly totalPages: number
  /** How many bytes are in the copy. */
  readonly copiedBytes: number
  /** How many bytes the database has now. */
  readonly totalBytes: number
}

/** The options of a backup. */
export interface BackupOptions {
  /**
   * Called after every step of the copy, and at its end. If it throws, the backup is canceled and fails with that error
   * as its cause.
   */
  readonly onProgress?: (progress: BackupProgress) => void
  /** Cancels the backup between two steps. No part of the backup is left. */
  readonly signal?: AbortSignal
}

/** How a copy is made. */
export interface CopySettings {
  /** How many bytes must be free besides those that the copy needs. Default 0. */
  readonly spareBytes?: number
}

type CopyOptions = BackupOptions & CopySettings

/** The two steps of a backup. Each may do its work on another thread. */
export interface Copying {
  /** Turns the finished copy into a backup. */
  readonly seal?: (partial: string) => BackupResult | Promise<BackupResult>
  /** Copies the database into an empty file. */
  readonly copy?: (connection: Database, to: string, options: CopyOptions) => void | Promise<void>
}

// 400 KiB at the usual page size. It takes less than a millisecond, in which nothing else runs on the connection.
const pagesInOneStep = 100

/**
 * Copies a database that is in use into one file, which needs neither `-wal` nor `-shm` and has passed `quick_check`. The
 * copy has every commit from before its end. It appears under its own name when it is whole. If only indexes are damaged,
 * the database is copied with the damage, and the result reports it.
 *
 * The copy is made in steps on the connection that writes, as sqlite.org/backup.html describes. It also gets what that
 * connection writes between two steps. A write through another connection would start it again. A step cannot run inside
 * a transaction of the connection, so the backup waits for the end of the transaction. A connection that only reads
 * copies the database in one read transaction, as it is at the beginning.
 *
 * If the copy does not fit on the disk, as far as the filesystem reports its free space, nothing is written.
 *
 * @param to its folder must exist. A file at this path is replaced.
 * @throws {BackupFailedError} {InvalidOptionError} if `to` is the database itself.
 */
export async function backUp(
  connection: Database,
  to: string,
  options: CopyOptions = {},
  { seal = sealBackup, copy = copyUnencrypted }: Copying = {},
): Promise<BackupResult> {
  refuseOntoItself(connection.name, to)
  const { signal } = options
  const partial = newPartialPath(to)
  try {
    signal?.throwIfAborted()
    refuseWithoutSpace(to, databaseBytes(connection) + (options.spareBytes ?? 0))
    createFile(partial, groupForCopy(connection.name, to))
    await copy(connection, partial, options)
    signal?.throwIfAborted()
    const result = await seal(partial)
    signal?.throwIfAborted()
    renameAndSync(partial, to)
    return result
  } catch (error) {
    removePartialBackup(partial)
    throw backupFailure(to, error, signal)
  }
}

function copyUnencrypted(connection: Database, to: string, options: CopyOptions): Promise<void> {
  return connection.readonly ? copySnapshot(connection, to, options) : copyPages(connection, to, options)
}

/**
 * Copies a database with its key. better-sqlite3 gives the target of its copy in steps no key, so this is one statement,
 * which reads a snapshot and cannot be canceled.
 *
 * @throws better-sqlite3's SqliteError, for example inside a transaction.
 */
export function copyEncrypted(connection: Database, to: string): void {
  const queryOnly = connection.pragma('query_only', { simple: true })
  // SQLite would refuse to write to the copy too.
  connection.pragma('query_only = OFF')
  try {
    connection.prepare('vacuum main into ?').run(to)
  } finally {
    connection.pragma(`query_only = ${queryOnly}`)
  }
}

/**
 * Copies an encrypted database through a connection of its own, while another connection of this process writes.
 *
 * @throws {NotADatabaseError} {DatabaseOpenError} or better-sqlite3's SqliteError.
 */
export function copyEncryptedBeside(
  databasePath: string,
  to: string,
  fileId: string | undefined,
  connector: Connector,
): void {
  const connection = openBeside(databasePath, fileId, connector)
  try {
    copyEncrypted(connection, to)
  } finally {
    connection.close()
  }
}

/**
 * Turns a copy that is complete, such as a clone, into a backup.
 *
 * @throws {BackupFailedError} Nothing is left of the copy then.
 */
export function finishBackup(partial: string, to: string, connector = Connector.plain): BackupResult {
  try {
    const result = sealBackup(partial, connector)
    renameAndSync(partial, to)
    return result
  } catch (error) {
    removePartialBackup(partial)
    throw backupFailure(to, error)
  }
}

function databaseBytes(connection: Database): number {
  const sql = 'select page_count * page_size from pragma_page_count, pragma_page_size'
  return Number(connection.prepare(sql).pluck().get())
}

async function copySnapshot(connection: Database, to: string, options: CopyOptions): Promise<void> {
  connection.exec('begin')
  try {
    // The snapshot of a transaction begins with its first read: sqlite.org/isolation.html.
    connection.prepare('select 1 from sqlite_master').get()
    await copyOnce(connection, to, options)
  } finally {
    connection.exec('rollback')
  }
}

async function copyPages(connection: Database, to: string, options: CopyOptions): Promise<void> {
  const { signal } = options
  do {
    while (connection.inTransaction) await sleep(1, undefined, { ...(signal && { signal }) })
    // If the connection is in a transaction at the first step, SQLite reports no pages, and better-sqlite3 ends the copy.
    // Only an empty file is a database without a page.
  } while ((await copyOnce(connection, to, options)) === 0 && databaseBytes(connection) > 0)
}

/** @returns how many pages were copied. */
async function copyOnce(
  connection: Database,
  to: string,
  { onProgress, signal }: CopyOptions,
): Promise<number> {
  const pageBytes = Number(connection.pragma('page_size', { simple: true }))
  const report = (copiedPages: number, totalPages: number) => {
    const [copiedBytes, totalBytes] = [copiedPages * pageBytes, totalPages * pageBytes]
    onProgress?.({ copiedPages, totalPages, copiedBytes, totalBytes })
  }
  const { totalPages } = await connection.backup(to, {
    progress({ totalPages, remainingPages }) {
      signal?.throwIfAborted()
      // SQLite would refuse each step. The pause gives the connection's thread time for the transaction.
      if (connection.inTransaction && !connection.readonly) pause()
      report(totalPages - remainingPages, totalPages)
      return pagesInOneStep
    },
  })
  if (totalPages > 0) report(totalPages, totalPages)
  return totalPages
}

// Not `blockThread`, which the code that takes the lock uses: a bundler may then put both into the file that starts the
// app, and a thread cannot load that file.
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
}

/**
 * The group of the copy. A backup is private, because others may be able to read its folder. A group gets it only if the
 * group shares both the data directory and the folder of the backup.
 */
function groupForCopy(database: string, to: string): number | undefined {
  const group = sharingGroupIn(dirname(database))
  return group === sharingGroupIn(dirname(to)) ? group : undefined
}

/** @throws {InvalidOptionError} if a backup would replace the database that it is made of. */
export function refuseOntoItself(database: string, to: string): void {
  const [source, target] = [database, to].map((path) =>
    statSync(path, { bigint: true, throwIfNoEntry: false }),
  )
  if (source && target && isSameFile(source, target))
    throw new InvalidOptionError('to', `${to} is the database itself.`, 'Give the backup a path of its own.')
}

/**
 * Refuses a copy that does not fit on the disk, before anything is written.
 *
 * @param to the path of the copy.
 * @param bytes how many it needs.
 * @throws {BackupFailedError} with the reason `no-space` and the number of missing bytes.
 */
function refuseWithoutSpace(to: string, bytes: number): void {
  const missing = bytes - freeBytes(dirname(to))
  if (missing > 0) throw new BackupFailedError(to, 'no-space', undefined, missing)
}

/** @returns Infinity if the filesystem does not report its free space. A copy that does not fit fails later. */
function freeBytes(folder: string): number {
  const stats = attempt(() => statfsSync(folder))
  // Some network filesystems and FUSE mounts report zero for everything.
  return stats?.blocks ? stats.bavail * stats.bsize : Infinity
}

/**
 * Opens a database to back it up, in a process that does not use it otherwise.
 *
 * @param isShared whether another process writes to the database. It is only read then.
 * @throws {NotADatabaseError} {DatabaseOpenError} also if there is no database. Nothing is created.
 * @throws {DatabaseMismatchError} if database and log do not belong together. Neither was changed.
 * @throws {DatabaseKeyError} if the database is encrypted.
 * @throws {NativeModuleError}
 */
export function openForBackup(path: string, isShared: boolean): Database {
  // While another program writes, database and log need not fit at every moment.
  if (isShared) refuseWrongKeyAt(Connector.plain, path)
  else refuseMismatchAt(path, Connector.plain)
  return openToCopy(Connector.plain, path, isShared, () => undefined)
}

/**
 * Opens a database that this process has open too. No descriptor of it is closed here, because that would drop the locks
 * of the other connections.
 *
 * @param fileId the file that this process has open under the path, if it has one.
 */
function openBeside(path: string, fileId: string | undefined, connector: Connector): Database {
  return openToCopy(connector, path, true, () => refuseOtherFile(path, fileId))
}

function openToCopy(
  connector: Connector,
  path: string,
  readonly: boolean,
  beforeFirstRead: () => void,
): Database {
  const options = { readonly, fileMustExist: true, timeout: openingPatience }
  return openConfigured(connector, path, options, {
    beforeFirstRead,
    configure: (connection) => connection.prepare('select 1 from sqlite_master').get(),
  })
}

/** How a backup is made through a connection that this thread does not need for anything else. */
export function copyingOf(connector: Connector): Copying {
  const seal = (partial: string) => sealBackup(partial, connector)
  return connector.hasKey ? { seal, copy: copyEncrypted } : { seal }
}

/**
 * Backs a database up through a connection of its own that only reads, while another connection of this process writes.
 *
 * @throws {BackupFailedError} {NotADatabaseError} {DatabaseOpenError}
 */
export async function copyBeside(
  databasePath: string,
  to: string,
  fileId: string | undefined,
  signal: AbortSignal,
  connector = Connector.plain,
): Promise<BackupResult> {
  const connection = openBeside(databasePath, fileId, connector)
  try {
    return await backUp(connection, to, { signal }, copyingOf(connector))
  } finally {
    connection.close()
  }
}
