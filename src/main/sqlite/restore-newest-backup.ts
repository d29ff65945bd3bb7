import { acquireDataDirLock } from '../lock/data-dir-lock.ts'
import { prepareDataDirectory } from '../lock/data-directory.ts'
import { checkName, databasePathIn, defaultName } from '../lock/names.ts'
import { DatabaseInUseError } from './backup-errors.ts'
import { threadedBackupTasks } from './backup-thread.ts'
import { isInUse, keyOf, shutWhile } from './pool-registry.ts'
import type { Restored } from './restore.ts'
import { sqliteThreadFile } from './sqlite-thread-file.ts'

/**
 * Puts the newest good backup in the place of a data directory's database, which is set aside as
 * `NAME.db.damaged-TIME` and never deleted. Holds the lock meanwhile.
 *
 * @param name the data directory's name. Default `app`.
 * @throws {NoBackupError} when none passes `quick_check`; nothing was changed then.
 * @throws {NativeModuleError} when better-sqlite3 does not load in this runtime; nothing was changed then either.
 * @throws {DatabaseInUseError} while this process has the database open.
 * @throws {DataDirLockedError} and everything else {@link acquireDataDirLock} throws.
 *
 * @example
 * ```ts
 * const { backup, setAside } = await restoreNewestBackup(dir, 'notes')
 * console.log(`restored ${backup.path}; what was there is ${setAside}`)
 * ```
 */
export async function restoreNewestBackup(dir: string, name: string = defaultName): Promise<Restored> {
  if (isInUse(dir, checkName(name))) throw new DatabaseInUseError(dir)
  const lock = acquireDataDirLock({ dir, name })
  try {
    const key = keyOf(prepareDataDirectory(lock.dir).id, name)
    const restoring = threadedBackupTasks(sqliteThreadFile).restore(databasePathIn(lock.dir, name))
    // The lock keeps other processes out; this one shares it.
    return await shutWhile(key, restoring)
  } finally {
    lock.release()
  }
}
