import { renameSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { InvalidOptionError } from '../../../shared/data-dir-error.ts'
import { systemFailureIn } from '../../../shared/system-failure.ts'
import { createFile, sharingGroupIn } from '../../directory/file-mode.ts'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'
import { randomHex } from '../../runtime/random-hex.ts'
import { BackupFailedError, backupFailure } from '../errors/backup-errors.ts'
import { factsOfOpening } from '../errors/causes.ts'
import { DatabaseOpenError, DatabaseReplacedError, NotADatabaseError } from '../errors/open-errors.ts'
import { removePartialBackup } from '../files/backup-files.ts'
import { syncFolderOf } from '../files/fsync.ts'
import { openingPatience } from '../open/busy-wait.ts'
import { refuseOtherFile } from '../open/open-checks.ts'
import { refuseMismatchAt } from '../open/open-writer.ts'
import { type BackupResult, sealBackup } from './check-backup.ts'

/** How far a backup has come, in bytes and in pages of the database (sqlite.org/fileformat2.html#pages). */
export interface BackupProgress {
  /** How many pages are in the copy. */
  readonly copiedPages: number
  /** How many pages the database has now; it may grow meanwhile. */
  readonly totalPages: number
  /** How many bytes are in the copy. */
  readonly copiedBytes: number
  /** How many bytes the database has now. */
  readonly totalBytes: number
}

/** How to follow a backup and cancel it. */
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

// 400 KiB at the usual page size: under a millisecond in which nothing else runs on the connection.
const pagesInOneStep = 100

/**
 * Copies a database that is in use, commits and all up to the copying's end, into a single file that needs neither
 * `-wal` nor `-shm` and has passed `quick_check`. Under its own name it appears whole or not at all. A database of which
 * only indexes are damaged is copied as it is, and the result reports that.
 *
 * It goes in steps on the connection that writes, as sqlite.org/backup.html describes: what that connection writes
 * meanwhile goes into the copy too, while a write through another connection would make it start over. A step cannot
 * run inside a transaction of the connection; the backup waits for its end. A connection that only reads copies what
 * there is at the beginning, in one read transaction.
 *
 * If the copy does not fit on the disk, as far as the filesystem reports its free space, nothing is written.
 *
 * @param to its folder must exist. What is there is replaced.
 * @param seal turns the finished copy into a backup; a caller on a busy thread has it done on another.
 * @throws {BackupFailedError} {InvalidOptionError} where `to` is the database itself.
 */
export async function backUp(
  connection: Database,
  to: string,
  options: BackupOptions & CopySettings = {},
  seal: (partial: string) => BackupResult | Promise<BackupResult> = sealBackup,
): Promise<BackupResult> {
  refuseOntoItself(connection.name, to)
  const { signal } = options
  const partial = `${to}.partial-${randomHex(4)}`
  try {
    signal?.throwIfAborted()
    refuseWithoutSpace(to, databaseBytes(connection) + (options.spareBytes ?? 0))
    createFile(partial, groupForCopy(connection.name, to))
    await (connection.readonly ? copySnapshot : copyPages)(connection, partial, options)
    const result = await seal(partial)
    signal?.throwIfAborted()
    nameBackup(partial, to)
    return result
  } catch (error) {
    removePartialBackup(partial)
    throw backupFailure(to, error, signal)
  }
}

/**
 * Turns a copy that is complete, such as a clone, into a backup.
 *
 * @throws {BackupFailedError} nothing is left of the copy then.
 */
export function finishBackup(partial: string, to: string): BackupResult {
  try {
    const result = sealBackup(partial)
    nameBackup(partial, to)
    return result
  } catch (error) {
    removePartialBackup(partial)
    throw backupFailure(to, error)
  }
}

/** Gives a sealed copy its name. */
function nameBackup(partial: string, to: string): void {
  renameSync(partial, to)
  syncFolderOf(to)
}

function databaseBytes(connection: Database): number {
  const [pages, pageBytes] = ['page_count', 'page_size'].map((name) =>
    connection.pragma(name, { simple: true }),
  )
  return Number(pages) * Number(pageBytes)
}

async function copySnapshot(
  connection: Database,
  to: string,
  options: BackupOptions & CopySettings,
): Promise<void> {
  connection.exec('begin')
  try {
    // A transaction takes its snapshot with the first read: sqlite.org/isolation.html.
    connection.prepare('select 1 from sqlite_master').get()
    await copyOnce(connection, to, options)
  } finally {
    connection.exec('rollback')
  }
}

async function copyPages(
  connection: Database,
  to: string,
  options: BackupOptions & CopySettings,
): Promise<void> {
  // A first step that finds the connection in a transaction reports no pages at all, which better-sqlite3 takes for
  // the end. Only an empty file is a database without a page.
  do await outsideTransaction(connection, options.signal)
  while ((await copyOnce(connection, to, options)) === 0 && databaseBytes(connection) > 0)
}

/** @returns how many pages were copied. */
async function copyOnce(
  connection: Database,
  to: string,
  options: BackupOptions & CopySettings,
): Promise<number> {
  const { onProgress, signal } = options
  const pageBytes = Number(connection.pragma('page_size', { simple: true }))
  const report = (copiedPages: number, totalPages: number) => {
    const [copiedBytes, totalBytes] = [copiedPages * pageBytes, totalPages * pageBytes]
    onProgress?.({ copiedPages, totalPages, copiedBytes, totalBytes })
  }
  const { totalPages } = await connection.backup(to, {
    progress({ totalPages, remainingPages }) {
      signal?.throwIfAborted()
      // Each step would only be told that the connection is busy: give its thread time for the transaction.
      if (connection.inTransaction && !connection.readonly) pause(1)
      report(totalPages - remainingPages, totalPages)
      return pagesInOneStep
    },
  })
  if (totalPages > 0) report(totalPages, totalPages)
  return totalPages
}

async function outsideTransaction(connection: Database, signal: AbortSignal | undefined): Promise<void> {
  while (connection.inTransaction) await sleep(1, undefined, { ...(signal && { signal }) })
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/**
 * A backup is private, because it may land in a folder that others can read. It is a group's only if the group shares both
 * the data directory and the folder of the backup.
 */
function groupForCopy(database: string, to: string): number | undefined {
  const group = sharingGroupIn(dirname(database))
  return group === sharingGroupIn(dirname(to)) ? group : undefined
}

/** @throws {InvalidOptionError} where a backup would go onto the database it is made of. */
export function refuseOntoItself(database: string, to: string): void {
  const [source, target] = [database, to].map((path) =>
    statSync(path, { bigint: true, throwIfNoEntry: false }),
  )
  if (source?.ino !== target?.ino || source?.dev !== target?.dev || !source) return
  throw new InvalidOptionError('to', `${to} is the database itself.`, 'Give the backup a path of its own.')
}

/**
 * Refuses a copy that does not fit on the disk, before anything is written.
 *
 * @param to where the copy goes.
 * @param bytes how many it needs.
 * @throws {BackupFailedError} with the reason `no-space` and the number of missing bytes.
 */
export function refuseWithoutSpace(to: string, bytes: number): void {
  const missing = bytes - freeBytes(dirname(to))
  if (missing > 0) throw new BackupFailedError(to, 'no-space', undefined, missing)
}

/** @returns Infinity if the filesystem does not report it. A copy that does not fit then fails. */
function freeBytes(folder: string): number {
  try {
    const { bavail, bsize, blocks } = statfsSync(folder)
    // Some network filesystems and FUSE mounts report zero for everything.
    return blocks === 0 ? Infinity : bavail * bsize
  } catch {
    return Infinity
  }
}

/**
 * Opens a database to back it up, by somebody who does not otherwise use it.
 *
 * @param isShared another process writes to it: it is only read then.
 * @param fileId the file that this process has open under the path, if it has one.
 * @throws {NotADatabaseError} {DatabaseOpenError} also where there is none; nothing is created.
 * @throws {DatabaseMismatchError} when database and log do not belong together. Neither was changed.
 * @throws {NativeModuleError}
 */
export function openForBackup(path: string, isShared: boolean, fileId?: string): Database {
  const SqliteDatabase = betterSqlite3()
  let connection: Database | undefined
  // Between two programs that use it, database and log need not fit in every moment.
  if (!isShared) refuseMismatchAt(path)
  try {
    connection = new SqliteDatabase(path, {
      readonly: isShared,
      fileMustExist: true,
      timeout: openingPatience,
    })
    // Opening reads nothing yet.
    refuseOtherFile(path, fileId)
    connection.prepare('select 1 from sqlite_master').get()
    return connection
  } catch (error) {
    connection?.close()
    if (error instanceof DatabaseReplacedError) throw error
    const kind = systemFailureIn(error)?.kind
    if (kind === 'damaged' || kind === 'not-a-database') throw new NotADatabaseError(path, error)
    throw new DatabaseOpenError(path, error, factsOfOpening(path, error))
  }
}

/**
 * Backs a database up through a connection of its own that only reads, while another one of this process writes.
 *
 * @throws {BackupFailedError} {NotADatabaseError} {DatabaseOpenError}
 */
export async function copyBeside(
  databasePath: string,
  to: string,
  fileId: string | undefined,
  signal: AbortSignal,
): Promise<BackupResult> {
  const connection = openForBackup(databasePath, true, fileId)
  try {
    return await backUp(connection, to, { signal })
  } finally {
    connection.close()
  }
}
