import { DataDirError } from '../../shared/data-dir-error.ts'
import { systemFailureIn } from '../../shared/system-failure.ts'
import { BackupFailedError, NoBackupError } from './errors/backup-errors.ts'
import { throwIfCanceled } from './errors/open-errors.ts'
import { backupFolderOf } from './files/backup-files.ts'
import { isMarkedForCheck, removeCheckMark } from './files/check-mark.ts'
import { optimize } from './finish-opening.ts'
import { kyselyOn, TransactionalSqliteAdapter } from './kysely/dialect.ts'
import type { QuerySurroundings } from './kysely/executor.ts'
import { MigrationTables } from './kysely/migration-tables.ts'
import { StatementTexts } from './migrations/foreign-key-check.ts'
import { migrate } from './migrations/migrations.ts'
import { backUpBeforeMigration, type MigrationBackup } from './migrations/migrations-backup.ts'
import type { InternalOpenOptions } from './open-options.ts'
import type { FileTasks } from './repair/file-tasks.ts'
import type { ConnectionPool } from './scheduling/connection-pool.ts'

/** One attempt to open a database. */
export interface Attempt {
  readonly path: string
  readonly surroundings: QuerySurroundings
  readonly options: InternalOpenOptions
  readonly tasks: FileTasks
  /** Where the writer has perhaps cloned the database. */
  readonly clonePath: string | undefined
}

/**
 * Checks an open database if that is due, migrates it after a backup, and updates its statistics.
 *
 * @throws as `openPool` does.
 */
export async function bringUpToDate(pool: ConnectionPool, attempt: Attempt): Promise<void> {
  const { path, surroundings, options, tasks, clonePath } = attempt
  const { migrations = {}, keepBackups, checkOnOpen, onMigrationProgress, onBackupFailed, signal } = options
  const housekeeping = await pool.housekeeping()
  if (isMarkedForCheck(path)) {
    await housekeeping.fullCheck()
    removeCheckMark(path)
  } else if (checkOnOpen) await housekeeping.quickCheck()
  throwIfCanceled(path, signal)
  const backup: MigrationBackup = {
    databasePath: path,
    keep: keepBackups,
    copy: (to, { onProgress, ...how }) =>
      uncanceled(
        path,
        signal,
        housekeeping.backup(to, { ...(onProgress && { onProgress }), ...(signal && { signal }) }, how),
      ),
    clone:
      clonePath === undefined
        ? undefined
        : {
            path: clonePath,
            finish: (to) => uncanceled(path, signal, tasks.finish(clonePath, to)),
          },
    onFailed: onBackupFailed,
  }
  const statements = new StatementTexts()
  const watched = { ...surroundings, onStatement: statements.add }
  const db = kyselyOn<unknown>(
    pool,
    watched,
    new TransactionalSqliteAdapter(),
    (connection) => new MigrationTables(connection),
  )
  await migrate(db, path, migrations, {
    statements,
    faultsBefore: (tables) => tasks.foreignKeyFaults(path, tables, pool.scheduler.fileId),
    backUp: async (first, on, report) => {
      try {
        return await backUpBeforeMigration(on, first, report, backup)
      } catch (error) {
        throw backupErrorFor(path, error)
      }
    },
    ...(onMigrationProgress && { onProgress: onMigrationProgress }),
    ...(signal && { signal }),
  })
  // The tables may need other statistics after a migration: sqlite.org/lang_analyze.html#pragma_optimize.
  throwIfCanceled(path, signal)
  await optimize(housekeeping)
}

/** The error of the backup before a migration. Its folder may be something else, or belong to another user. */
function backupErrorFor(databasePath: string, error: unknown): unknown {
  if (error instanceof DataDirError && !(error instanceof NoBackupError)) return error
  const cause = error instanceof NoBackupError ? error.cause : error
  return systemFailureIn(cause) ? new BackupFailedError(backupFolderOf(databasePath), 'failed', cause) : error
}

/** Converts the errors of a backup to those of the open that it is a part of. */
async function uncanceled<Result>(
  path: string,
  signal: AbortSignal | undefined,
  backup: Promise<Result>,
): Promise<Result> {
  try {
    return await backup
  } catch (error) {
    // What the app's own callback threw.
    throw error instanceof BackupFailedError && error.reason === 'callback' ? error.cause : error
  } finally {
    // A canceled open is the reason, even if the backup failed too.
    throwIfCanceled(path, signal)
  }
}
