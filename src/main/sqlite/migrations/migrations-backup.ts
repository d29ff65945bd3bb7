import { existsSync } from 'node:fs'
import { type Kysely, sql } from 'kysely'
import type { BackupOptions, CopySettings } from '../backup/backup.ts'
import {
  type KeepBackups,
  keptCount,
  markIndexDamaged,
  newBackupPath,
  pruneBackups,
  removePartialBackups,
} from '../backup/backup-folder.ts'
import type { BackupResult } from '../backup/check-backup.ts'
import { BackupFailedError, backupFailure, NoBackupError } from '../errors/backup-errors.ts'
import { corruption } from '../errors/causes.ts'
import { NotADatabaseError } from '../errors/open-errors.ts'
import { backupFolderOf } from '../files/backup-files.ts'

/**
 * What to do when the backup before a migration cannot be made. `fail`: the open fails with the error. `skip`: migrate
 * without a backup. `retry`: try again.
 */
export type BackupFailedChoice = 'fail' | 'skip' | 'retry'

/** Decides it. Called for each attempt that fails. An answer that is none of the three counts as `fail`. */
export type OnBackupFailed = (error: BackupFailedError) => BackupFailedChoice | Promise<BackupFailedChoice>

/** How far the backup before a migration has come. */
export interface MigrationBackupProgress {
  /** `check`: the copy is complete, and `quick_check` reads it. It has no measure of its own. */
  readonly phase: 'backup' | 'check'
  readonly doneBytes: number
  readonly totalBytes: number
}

export interface MigrationBackup {
  readonly databasePath: string
  /** How many of these backups are kept; with 0 none is made and none removed. Default 3. */
  readonly keep?: KeepBackups | undefined
  /** Copies the database and checks the copy, which appears at the path whole or not at all. */
  readonly copy: (to: string, options: BackupOptions & CopySettings) => Promise<BackupResult>
  /** A clone of the database that was made when it was opened, if there is a file at the path. */
  readonly clone?:
    | { readonly path: string; readonly finish: (to: string) => Promise<BackupResult> }
    | undefined
  /** Default `fail`. */
  readonly onFailed?: OnBackupFailed | undefined
}

// A report is for a bar of some hundred points. The copy of 3 GB has thousands of steps.
const reportsAtMost = 200

/**
 * Makes the backup that precedes a migration, then removes the oldest ones.
 *
 * A database without tables gets none: it is new, or nothing was ever put into it.
 *
 * @param db without plugins.
 * @returns the backup's path, or undefined where none was made.
 * @throws {NotADatabaseError} if indexes are damaged, because a migration would fail at them. The backup is made and is
 * marked by its name.
 * @throws {BackupFailedError} if it cannot be made, unless `onFailed` decides otherwise; what that throws.
 */
export async function backUpBeforeMigration<Schema>(
  db: Kysely<Schema>,
  migration: string,
  report: (progress: MigrationBackupProgress) => void,
  backup: MigrationBackup,
): Promise<string | undefined> {
  const { databasePath, keep, onFailed } = backup
  if (keptCount(keep) === 0 || (await isEmpty(db))) return undefined
  const totalBytes = await bytesOf(db)
  for (;;) {
    try {
      const path = await makeBackup(migration, totalBytes, report, backup)
      removeOldBackups(databasePath, keep)
      return path
    } catch (error) {
      // Another reason does not depend on the disk: the app was quit, or the database is damaged.
      if (!(error instanceof BackupFailedError) || !/^(no-space|failed)$/.test(error.reason)) throw error
      const choice = await onFailed?.(error)
      if (choice === 'skip') return undefined
      if (choice !== 'retry') throw error
    }
  }
}

async function makeBackup(
  migration: string,
  totalBytes: number,
  report: (progress: MigrationBackupProgress) => void,
  { databasePath, copy, clone }: MigrationBackup,
): Promise<string> {
  const isCloned = clone !== undefined && existsSync(clone.path)
  report({ phase: isCloned ? 'check' : 'backup', doneBytes: 0, totalBytes })
  const path = pathFor(databasePath, migration, isCloned)
  if (isCloned) {
    refuseIndexDamage(databasePath, path, await clone.finish(path))
    return path
  }
  // The log of the migrations needs space too, before it is moved into the database.
  const spareBytes = totalBytes / 20 + 16 * 2 ** 20
  let reported = 0
  const result = await copy(path, {
    spareBytes,
    onProgress({ copiedBytes, totalBytes }) {
      const isWhole = copiedBytes === totalBytes
      // The end of the copy may come twice.
      if (reported === totalBytes) return
      if (!isWhole && copiedBytes - reported < totalBytes / reportsAtMost) return
      reported = copiedBytes
      report({ phase: 'backup', doneBytes: copiedBytes, totalBytes })
      if (isWhole) report({ phase: 'check', doneBytes: 0, totalBytes })
    },
  })
  refuseIndexDamage(databasePath, path, result)
  return path
}

/** @throws {BackupFailedError} for example if there is a file where the folder should be. */
function pathFor(databasePath: string, migration: string, isCloned: boolean): string {
  try {
    // The clone itself has the name of an unfinished backup; those before it are gone.
    if (!isCloned) removePartialBackups(databasePath)
    return newBackupPath(databasePath, migration)
  } catch (error) {
    const cause = error instanceof NoBackupError ? error.cause : error
    throw backupFailure(backupFolderOf(databasePath), cause)
  }
}

function removeOldBackups(databasePath: string, keep: KeepBackups | undefined): void {
  try {
    pruneBackups(databasePath, keep, 'before-migration')
  } catch {
    // One backup too many is no reason not to open; the next migration tries again.
  }
}

async function isEmpty<Schema>(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql`select 1 from sqlite_master limit 1`.execute(db)
  return rows.length === 0
}

async function bytesOf<Schema>(db: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ bytes: number | bigint }>`
    select page_count * page_size as bytes from pragma_page_count, pragma_page_size`.execute(db)
  return Number(rows[0]?.bytes)
}

function refuseIndexDamage(databasePath: string, path: string, { damage }: BackupResult): void {
  if (!damage) return
  const marked = markIndexDamaged(databasePath, path)
  const cause = corruption(`the backup ${marked} has the damaged index too`)
  throw new NotADatabaseError(databasePath, cause, undefined, true)
}
