import { constants, copyFileSync, renameSync } from 'node:fs'
import { DataDirError } from '../../../shared/data-dir-error.ts'
import { randomHex } from '../../runtime/random-hex.ts'
import { listRestorable, newestGoodBackup, removePartialBackups } from '../backup/backup-folder.ts'
import { isGoodBackup } from '../backup/check-backup.ts'
import { NoBackupError, RestoreFailedError } from '../errors/backup-errors.ts'
import { type Backup, backupFolderOf, removePartialBackup } from '../files/backup-files.ts'
import { markForCheck } from '../files/check-mark.ts'
import { syncFile, syncFolderOf } from '../files/fsync.ts'
import { setDatabaseAside, setRecordAside } from './set-aside.ts'

const indexDamage = { code: 'SQLITE_CORRUPT', message: 'the backup has a damaged index' }

/** What restoring has done. */
export interface Restored {
  /** The backup whose copy is the database now. */
  readonly backup: Backup
  /** Where the database from before was set aside, its `-wal` and `-shm` beside it; undefined where there was none. */
  readonly setAside: string | undefined
}

/**
 * Puts a copy of the newest good backup in a database's place. What was there is set aside as
 * `NAME.db.damaged-TIME`, never deleted. The backup stays.
 *
 * A crash in the middle leaves either database at its path, whole files each, and never a missing one, which SQLite
 * would silently replace by an empty database.
 *
 * The caller holds the lock and has no connection to the database.
 *
 * @param backupPath one of the backups. Default: the newest good one.
 * @throws {NoBackupError} when there is no good backup; nothing was changed then.
 * @throws {RestoreFailedError} if the disk is full, or something cannot be read or written; the old database is in its
 * place then.
 */
export function restoreNewest(databasePath: string, backupPath?: string, now: Date = new Date()): Restored {
  const backup = findBackup(databasePath, backupPath)
  if (!backup) throw new NoBackupError(backupFolderOf(databasePath))
  const partial = `${databasePath}.partial-${randomHex(4)}`
  try {
    removePartialBackups(databasePath)
    // If the filesystem can do it, the copy shares the backup's blocks: it takes no time and no space.
    copyFileSync(backup.path, partial, constants.COPYFILE_FICLONE)
    const isSound = isGoodBackup(partial)
    if (!isSound && !isGoodBackup(partial, { mayNeedRebuild: true }))
      throw new NoBackupError(backupFolderOf(databasePath))
    syncFile(partial)
    const setAside = setDatabaseAside(databasePath, now)
    // The next open then finds the damaged indexes and offers to rebuild them.
    if (!isSound) markForCheck(databasePath, indexDamage)
    renameSync(partial, databasePath)
    setRecordAside(databasePath, now)
    syncFolderOf(databasePath)
    // The check of a copy in WAL mode has left an empty log and shared memory.
    removePartialBackup(partial)
    return { backup, setAside }
  } catch (error) {
    removePartialBackup(partial)
    throw error instanceof DataDirError ? error : new RestoreFailedError(databasePath, backup.path, error)
  }
}

function findBackup(databasePath: string, path: string | undefined): Backup | undefined {
  if (path === undefined) return newestGoodBackup(databasePath)
  return listRestorable(databasePath).find((backup) => backup.path === path)
}
