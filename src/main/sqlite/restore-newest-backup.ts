import { dirname } from 'node:path'
import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { plainObject } from '../../shared/option-kinds.ts'
import { databasePathIn, defaultName } from '../directory/names.ts'
import { prepareToLock, takeLock } from '../lock/data-dir-lock.ts'
import { DatabaseInUseError, NoBackupError } from './errors/backup-errors.ts'
import { backupFolderOf } from './files/backup-files.ts'
import type { Migrations } from './migrations/migrations.ts'
import {
  type ConnectionOptions,
  connectionOptionChecks,
  connectionSetup,
  resolvedSetup,
} from './open/connection-options.ts'
import { delayOpens, isInUse, keyOf } from './pool-registry.ts'
import type { Restored } from './repair/restore.ts'
import { threadedFileTasks } from './thread/file-task-thread.ts'
import { sqliteThreadFile } from './thread/sqlite-thread-file.ts'

/** The options of {@link restoreNewestBackup}. */
export interface RestoreOptions extends Omit<ConnectionOptions, 'attach'> {
  /**
   * The migrations that this app has, the same as for {@link connect}. Backups that a newer version of the app has
   * migrated are then skipped, because this version would refuse them. Default: no backup is skipped for this reason.
   */
  readonly migrations?: Migrations
}

const { attach: _, ...connectionChecks } = connectionOptionChecks

const restoreOptionChecks: OptionChecks<RestoreOptions> = { ...connectionChecks, migrations: plainObject }

/**
 * Replaces the database of a data directory with its newest good backup. The old database is set aside as
 * `NAME.db.damaged-TIME` and never deleted. This process holds the lock during the restore.
 *
 * @param name the data directory's name. Default `app`.
 * @throws {NoBackupError} when no backup passes `quick_check` and fits the migrations. Nothing was changed.
 * @throws {RestoreFailedError} when the disk is full, or a file cannot be read or written.
 * @throws {InvalidOptionError} for invalid options.
 * @throws {NativeModuleError} when better-sqlite3, or the `driver`, does not load in this runtime. Nothing was changed.
 * @throws {ConnectionSetupError} when an extension or the app's module cannot set up a connection. Nothing was changed.
 * @throws {DatabaseInUseError} while this process has the database open.
 * @throws {DataDirLockedError} and everything else {@link acquireDataDirLock} throws.
 *
 * @example
 * ```ts
 * const { backup, setAside } = await restoreNewestBackup(dir, 'notes', { migrations })
 * console.log(`restored ${backup.path}; what was there is ${setAside}`)
 * ```
 */
export async function restoreNewestBackup(
  dir: string,
  name: string = defaultName,
  options: RestoreOptions = {},
): Promise<Restored> {
  checkOptions('restoreNewestBackup', options, restoreOptionChecks)
  const directory = prepareToLock(dir, name)
  const key = keyOf(directory, name)
  if (isInUse(key)) throw new DatabaseInUseError(dir)
  const lock = takeLock(directory, name, {})
  try {
    // The lock keeps other processes out. This process can share the lock, so it must wait.
    return await delayOpens(key, restoreNewestFitting(databasePathIn(lock.dir, name), options))
  } finally {
    lock.release()
  }
}

async function restoreNewestFitting(
  databasePath: string,
  { migrations, ...given }: RestoreOptions,
): Promise<Restored> {
  // The check of a backup reads no view and no trigger.
  const setup = resolvedSetup(connectionSetup(dirname(databasePath), given, false), databasePath)
  const tasks = threadedFileTasks(sqliteThreadFile, setup)
  const newest = await tasks.newest(databasePath, migrations && Object.keys(migrations))
  if (!newest) throw new NoBackupError(backupFolderOf(databasePath))
  return await tasks.restore(databasePath, newest.path)
}
