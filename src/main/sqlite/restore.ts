import { constants, copyFileSync, existsSync, linkSync, renameSync } from 'node:fs'
import { DataDirError } from '../../shared/data-dir-error.ts'
import { randomHex } from '../random-hex.ts'
import { NoBackupError, RestoreFailedError } from './backup-errors.ts'
import { syncFile, syncFolderOf } from './backup-files.ts'
import {
  type Backup,
  backupFolderOf,
  listRestorable,
  newestGoodBackup,
  removePartialBackups,
} from './backup-folder.ts'
import { isGoodBackup, removePartialBackup } from './backup-seal.ts'
import { markForCheck } from './check-mark.ts'
import { companions } from './set-aside.ts'

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
    // Where the filesystem can, the copy shares the backup's blocks: it takes no time and no space.
    copyFileSync(backup.path, partial, constants.COPYFILE_FICLONE)
    const isSound = isGoodBackup(partial)
    if (!isSound && !isGoodBackup(partial, { mayNeedRebuild: true }))
      throw new NoBackupError(backupFolderOf(databasePath))
    syncFile(partial)
    const setAside = setDatabaseAside(databasePath, now)
    // The next open then finds the damaged indexes and offers to rebuild them.
    if (!isSound) markForCheck(databasePath, indexDamage)
    renameSync(partial, databasePath)
    // A backup that was made by hand may be in WAL mode. A connection that only reads leaves an empty log behind.
    removePartialBackup(partial)
    syncFolderOf(databasePath)
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

/** Gives the damaged database a second name, and takes its companions away from the first. */
export function setDatabaseAside(databasePath: string, now: Date): string | undefined {
  if (!existsSync(databasePath)) return undefined
  const aside = `${databasePath}.damaged-${now.toISOString().replaceAll(':', '-')}`
  linkOrRename(databasePath, aside)
  // Before the restored database is there: SQLite would play the damaged one's log into it
  // (sqlite.org/howtocorrupt.html#_mispairing_database_files_and_hot_journals_).
  for (const companion of companions) {
    if (existsSync(databasePath + companion)) renameSync(databasePath + companion, aside + companion)
  }
  return aside
}

function linkOrRename(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    // Never onto what was set aside before.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    // FAT and some network filesystems have no hard links. A crash before the next rename then leaves no database.
    renameSync(from, to)
  }
}
