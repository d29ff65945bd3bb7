import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { plainObject } from '../../shared/option-kinds.ts'
import { prepareDataDirectory } from '../directory/data-directory.ts'
import { checkName, databasePathIn, defaultName } from '../directory/names.ts'
import { acquireDataDirLock } from '../lock/data-dir-lock.ts'
import { DatabaseInUseError, NoBackupError } from './errors/backup-errors.ts'
import { backupFolderOf } from './files/backup-names.ts'
import type { Migrations } from './migrations/migrations.ts'
import { isInUse, keyOf, shutWhile } from './pool-registry.ts'
import type { Restored } from './repair/restore.ts'
import { threadedBackupTasks } from './thread/backup-thread.ts'
import { sqliteThreadFile } from './thread/sqlite-thread-file.ts'

/** Which backup {@link restoreNewestBackup} looks for. */
export interface RestoreOptions {
  /**
   * The migrations that this app has, the same as for {@link connect}. Backups that a newer version of the app has
   * migrated are then passed over, because this version would refuse them. Default: that does not matter.
   */
  readonly migrations?: Migrations
}

const restoreOptionChecks: OptionChecks<RestoreOptions> = { migrations: plainObject }

/**
 * Puts the newest good backup in the place of a data directory's database, which is set aside as
 * `NAME.db.damaged-TIME` and never deleted. Holds the lock meanwhile.
 *
 * @param name the data directory's name. Default `app`.
 * @throws {NoBackupError} when none passes `quick_check`, or fits the migrations; nothing was changed then.
 * @throws {RestoreFailedError} when the disk is full, or something cannot be read or written.
 * @throws {InvalidOptionError} for invalid options.
 * @throws {NativeModuleError} when better-sqlite3 does not load in this runtime; nothing was changed then either.
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
  if (isInUse(dir, checkName(name))) throw new DatabaseInUseError(dir)
  const lock = acquireDataDirLock({ dir, name })
  try {
    const key = keyOf(prepareDataDirectory(lock.dir).id, name)
    // The lock keeps other processes out; this one shares it.
    return await shutWhile(key, restoreNewestFitting(databasePathIn(lock.dir, name), options.migrations))
  } finally {
    lock.release()
  }
}

async function restoreNewestFitting(
  databasePath: string,
  migrations: Migrations | undefined,
): Promise<Restored> {
  const tasks = threadedBackupTasks(sqliteThreadFile)
  const newest = await tasks.newest(databasePath, migrations && Object.keys(migrations))
  if (!newest) throw new NoBackupError(backupFolderOf(databasePath))
  return await tasks.restore(databasePath, newest.path)
}
