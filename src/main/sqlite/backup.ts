import { closeSync, openSync, renameSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { InvalidOptionError } from '../../shared/data-dir-error.ts'
import { systemFailureIn } from '../../shared/system-failure.ts'
import { randomHex } from '../random-hex.ts'
import { BackupFailedError, type BackupFailure } from './backup-errors.ts'
import { syncFolderOf } from './backup-files.ts'
import { removePartialBackup, sealBackup } from './backup-seal.ts'

/** How far a backup has come, in pages of the database (sqlite.org/fileformat2.html#pages). */
export interface BackupProgress {
  /** How many pages are in the copy. */
  readonly copiedPages: number
  /** How many pages the database has now; it may grow meanwhile. */
  readonly totalPages: number
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

// 400 KiB at the usual page size: under a millisecond in which nothing else runs on the connection.
const pagesInOneStep = 100

/**
 * Copies a database that is in use, commits and all up to the copying's end, into a single file that needs neither
 * `-wal` nor `-shm` and has passed `quick_check`. Under its own name it appears whole or not at all.
 *
 * It goes in steps on the connection that writes, as sqlite.org/backup.html describes: what that connection writes
 * meanwhile goes into the copy too, while a write through another connection would make it start over. A step cannot
 * run inside a transaction of the connection; the backup waits for its end. A connection that only reads copies what
 * there is at the beginning, in one read transaction.
 *
 * @param to its folder must exist. What is there is replaced.
 * @param seal turns the finished copy into a backup; a caller on a busy thread has it done on another.
 * @throws {BackupFailedError} {InvalidOptionError} where `to` is the database itself.
 */
export async function backUp(
  connection: Database,
  to: string,
  options: BackupOptions = {},
  seal: (partial: string) => void | Promise<void> = sealBackup,
): Promise<void> {
  refuseOntoItself(connection.name, to)
  const { signal } = options
  const partial = `${to}.partial-${randomHex(4)}`
  try {
    signal?.throwIfAborted()
    createPrivateFile(partial)
    await (connection.readonly ? copySnapshot : copyPages)(connection, partial, options)
    await seal(partial)
    signal?.throwIfAborted()
    renameSync(partial, to)
    syncFolderOf(to)
  } catch (error) {
    removePartialBackup(partial)
    throw new BackupFailedError(to, failureOf(error, signal), error)
  }
}

async function copySnapshot(connection: Database, to: string, options: BackupOptions): Promise<void> {
  connection.exec('begin')
  try {
    // A transaction takes its snapshot with the first read: sqlite.org/isolation.html.
    connection.prepare('select 1 from sqlite_master').get()
    await copyOnce(connection, to, options)
  } finally {
    connection.exec('rollback')
  }
}

async function copyPages(connection: Database, to: string, options: BackupOptions): Promise<void> {
  // A first step that finds the connection in a transaction reports no pages at all, which better-sqlite3 takes for
  // the end; a database that was opened has at least one.
  do await outsideTransaction(connection, options.signal)
  while ((await copyOnce(connection, to, options)) === 0)
}

/** @returns how many pages were copied. */
async function copyOnce(connection: Database, to: string, options: BackupOptions): Promise<number> {
  const { onProgress, signal } = options
  const { totalPages } = await connection.backup(to, {
    progress({ totalPages, remainingPages }) {
      signal?.throwIfAborted()
      // Each step would only be told that the connection is busy: give its thread time for the transaction.
      if (connection.inTransaction && !connection.readonly) pause(1)
      onProgress?.({ copiedPages: totalPages - remainingPages, totalPages })
      return pagesInOneStep
    },
  })
  if (totalPages > 0) onProgress?.({ copiedPages: totalPages, totalPages })
  return totalPages
}

async function outsideTransaction(connection: Database, signal: AbortSignal | undefined): Promise<void> {
  while (connection.inTransaction) await sleep(1, undefined, { ...(signal && { signal }) })
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/** It may land in a folder that others can read, unlike the data directory. */
function createPrivateFile(path: string): void {
  closeSync(openSync(path, 'wx', 0o600))
}

/** @throws {InvalidOptionError} where a backup would go onto the database it is made of. */
export function refuseOntoItself(database: string, to: string): void {
  const [source, target] = [database, to].map((path) =>
    statSync(path, { bigint: true, throwIfNoEntry: false }),
  )
  if (source?.ino !== target?.ino || source?.dev !== target?.dev || !source) return
  throw new InvalidOptionError('to', `${to} is the database itself.`, 'Give the backup a path of its own.')
}

function failureOf(error: unknown, signal: AbortSignal | undefined): BackupFailure {
  if (signal?.aborted) return 'aborted'
  switch (systemFailureIn(error)?.kind) {
    case 'no-space':
    case 'quota':
    case 'file-too-large':
      return 'no-space'
    case 'damaged':
    case 'not-a-database':
      return 'damaged'
    default:
      return 'failed'
  }
}
