import { constants, copyFileSync } from 'node:fs'
import { DataDirError } from '../../../shared/data-dir-error.ts'
import { listRestorable, removePartialBackups } from '../backup/backup-folder.ts'
import { isGoodBackup, newestGoodBackup } from '../backup/check-backup.ts'
import { NoBackupError, RestoreFailedError } from '../errors/backup-errors.ts'
import { type Backup, backupFolderOf, newPartialPath, removePartialBackup } from '../files/backup-files.ts'
import { markForCheck } from '../files/check-mark.ts'
import { Connector } from '../open/connector.ts'
import { replaceDatabase } from './set-aside.ts'

const indexDamage = { code: 'SQLITE_CORRUPT', message: 'the backup has a damaged index' }

/** The result of a restore. */
export interface Restored {
  /** The backup whose copy is the database now. */
  readonly backup: Backup
  /** The path to which the earlier database was set aside, with its `-wal` and `-shm`; undefined if there was none. */
  readonly setAside: string | undefined
}

/**
 * Puts a copy of the newest good backup in a database's place. The database is set aside as `NAME.db.damaged-TIME`, and
 * never deleted. The backup stays.
 *
 * A crash in the middle leaves either the old or the new database at the path, as a whole file. The path is never empty,
 * because SQLite would create an empty database there without an error.
 *
 * The caller holds the lock and has no connection to the database.
 *
 * @param backupPath one of the backups. Default: the newest good one.
 * @throws {NoBackupError} if there is no good backup. Nothing was changed then.
 * @throws {RestoreFailedError} if the disk is full, or a file cannot be read or written. The old database is in its place
 * then.
 */
export function restoreNewest(
  databasePath: string,
  backupPath?: string,
  now: Date = new Date(),
  connector = Connector.plain,
): Restored {
  const backup = findBackup(databasePath, backupPath, connector)
  if (!backup) throw new NoBackupError(backupFolderOf(databasePath))
  const partial = newPartialPath(databasePath)
  try {
    removePartialBackups(databasePath)
    // If the filesystem can do it, the copy shares the backup's blocks: it takes no time and no space.
    copyFileSync(backup.path, partial, constants.COPYFILE_FICLONE)
    const isSound = isGoodBackup(partial, {}, connector)
    if (!isSound && !isGoodBackup(partial, { mayNeedRebuild: true }, connector))
      throw new NoBackupError(backupFolderOf(databasePath))
    // The next open then finds the damaged indexes and offers to rebuild them.
    const prepare = () => {
      if (!isSound) markForCheck(databasePath, indexDamage)
    }
    const setAside = replaceDatabase(databasePath, partial, now, { isEncrypted: connector.hasKey, prepare })
    // The check of a copy in WAL mode leaves an empty log and shared memory.
    removePartialBackup(partial)
    return { backup, setAside }
  } catch (error) {
    removePartialBackup(partial)
    throw error instanceof DataDirError ? error : new RestoreFailedError(databasePath, backup.path, error)
  }
}

function findBackup(
  databasePath: string,
  path: string | undefined,
  connector: Connector,
): Backup | undefined {
  if (path === undefined) return newestGoodBackup(databasePath, undefined, connector)
  return listRestorable(databasePath).find((backup) => backup.path === path)
}
