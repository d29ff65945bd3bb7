import { existsSync } from 'node:fs'
import { type Kysely, sql } from 'kysely'
import { attempt } from '../../../shared/attempt.ts'
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

/**
 * Decides what to do when the backup before the migrations cannot be made. It is called for each attempt that fails.
 * Any other result counts as `fail`.
 */
export type OnBackupFailed = (error: BackupFailedError) => BackupFailedChoice | Promise<BackupFailedChoice>

/** The progress of the backup before a migration. */
export interface MigrationBackupProgress {
  /** `check`: the copy is complete, and `quick_check` reads it. It reports no progress of its own. */
  readonly phase: 'backup' | 'check'
  readonly doneBytes: number
  readonly totalBytes: number
}

export interface MigrationBackup {
  readonly databasePath: string
  /** How many of these backups are kept. With 0, none is made and none is removed. Default 3. */
  readonly keep?: KeepBackups | undefined
  /** Copies the database and checks the copy, which appears at the path complete or not at all. */
  readonly copy: (to: string, options: BackupOptions & CopySettings) => Promise<BackupResult>
  /** A clone of the database that was made when it was opened, if there is a file at the path. */
  readonly clone?:
    | { readonly path: string; readonly finish: (to: string) => Promise<BackupResult> }
    | undefined
  /** Default `fail`. */
  readonly onFailed?: OnBackupFailed | undefined
}

// A progress bar has some hundred points. The copy of 3 GB has thousands of steps.
const reportsAtMost = 200

/**
 * Makes the backup before a migration, and then removes the oldest ones.
 *
 * A database without tables gets no backup, because it is new or was never used.
 *
 * @param db without plugins.
 * @returns the backup's path; undefined if none was made.
 * @throws {NotADatabaseError} if indexes are damaged, because a migration would fail with them. The backup is made, and its
 * name says that it is damaged.
 * @throws {BackupFailedError} if it cannot be made and `onFailed` does not decide otherwise; and what `onFailed` throws.
 */
export async function backUpBeforeMigration<Schema>(
  db: Kysely<Schema>,
  migration: string,
  report: (progress: MigrationBackupProgress) => void,
  backup: MigrationBackup,
): Promise<string | undefined> {
  const { databasePath, keep, onFailed } = backup
  const totalBytes = keptCount(keep) === 0 ? undefined : await bytesOf(db)
  if (totalBytes === undefined) return undefined
  for (;;) {
    try {
      const path = await makeBackup(migration, totalBytes, report, backup)
      // One backup too many is no reason to refuse the database. The next migration tries again.
      attempt(() => pruneBackups(databasePath, keep, 'before-migration'))
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
  // The log of the migrations needs space too, before it is moved into the database.
  const spareBytes = totalBytes / 20 + 16 * 2 ** 20
  let reported = 0
  const onProgress: BackupOptions['onProgress'] = ({ copiedBytes, totalBytes }) => {
    const isWhole = copiedBytes === totalBytes
    // The end of the copy may come twice.
    if (reported === totalBytes) return
    if (!isWhole && copiedBytes - reported < totalBytes / reportsAtMost) return
    reported = copiedBytes
    report({ phase: 'backup', doneBytes: copiedBytes, totalBytes })
    if (isWhole) report({ phase: 'check', doneBytes: 0, totalBytes })
  }
  const { damage } = await (isCloned ? clone.finish(path) : copy(path, { spareBytes, onProgress }))
  if (!damage) return path
  const marked = markIndexDamaged(databasePath, path)
  const cause = corruption(`the backup ${marked} has the damaged index too`)
  throw new NotADatabaseError(databasePath, cause, undefined, true)
}

/** @throws {BackupFailedError} for example if there is a file where the folder should be. */
function pathFor(databasePath: string, migration: string, isCloned: boolean): string {
  try {
    // The clone itself has the name of an unfinished backup. Earlier ones were removed before it was made.
    if (!isCloned) removePartialBackups(databasePath)
    return newBackupPath(databasePath, migration)
  } catch (error) {
    const cause = error instanceof NoBackupError ? error.cause : error
    throw backupFailure(backupFolderOf(databasePath), cause)
  }
}

/** @returns undefined if the database has no tables. */
async function bytesOf<Schema>(db: Kysely<Schema>): Promise<number | undefined> {
  const { rows } = await sql<{ bytes: number | bigint }>`
    select page_count * page_size as bytes from pragma_page_count, pragma_page_size
    where exists (select 1 from sqlite_master)`.execute(db)
  return rows[0] && Number(rows[0].bytes)
}
