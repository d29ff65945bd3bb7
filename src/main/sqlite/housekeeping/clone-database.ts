import { chmodSync, constants, copyFileSync, existsSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { attempt } from '../../../shared/attempt.ts'
import { shareFile, sharingGroupIn } from '../../directory/file-mode.ts'
import { createBackupFolder, removePartialBackups } from '../backup/backup-folder.ts'
import { backupFolderOf, newPartialPath, removePartialBackup } from '../files/backup-files.ts'
import { madeMigrations } from '../open/open-checks.ts'
import type { OpenWriter } from '../open/open-writer.ts'
import { checkpoint } from './checkpoint.ts'
import { FileGuard } from './file-guard.ts'

/** A path for the clone of a database, which becomes the backup before a migration. */
export function newClonePath(databasePath: string): string {
  return newPartialPath(join(backupFolderOf(databasePath), basename(databasePath)))
}

/**
 * Opens the connection that writes. If migrations are pending, it also clones the database, on filesystems on which two
 * files can share blocks (btrfs, XFS, APFS). A clone takes no time and no space, even if the database is large.
 *
 * The clone is made here because no connection is open at this time only. To copy the file, this process opens and closes
 * it, and that drops all POSIX locks that SQLite has on it (sqlite.org/howtocorrupt.html, 2.2). The lock of the data
 * directory keeps other owners out. If the clone cannot be made, the backup is copied later.
 *
 * @param open opens the connection and makes every check of the database.
 * @param migrations the names of the migrations that the app has.
 * @param cloneTo from {@link newClonePath}; undefined for no clone.
 */
export function openWithClone(
  open: () => OpenWriter,
  migrations: readonly string[],
  cloneTo: string | undefined,
): OpenWriter {
  const writer = open()
  // If the migrations cannot be read, running them reports the reason.
  const isWanted = cloneTo !== undefined && attempt(() => isPending(writer.connection, migrations))
  if (!isWanted) return writer
  const guard = new FileGuard(writer, () => undefined)
  // A full disk, for example, prevents it. The connection is good then, and the work that needs the space reports the reason
  // later.
  const moved = attempt(() => guard.checkpoint(() => checkpoint(writer.connection, 'truncate')))
  guard.stop()
  if (moved?.busy !== false) return writer
  writer.connection.close()
  guard.close(true)
  clone(writer.connection.name, cloneTo)
  return open()
}

/** Whether migrations are pending, and there is something to back up. */
function isPending(connection: Database, migrations: readonly string[]): boolean {
  const made = new Set(madeMigrations(connection))
  const isEmpty = connection.prepare('select 1 from sqlite_master').get() === undefined
  return !isEmpty && !migrations.every((name) => made.has(name))
}

function clone(databasePath: string, to: string): void {
  try {
    createBackupFolder(databasePath)
    removePartialBackups(databasePath)
    const before = stateOf(databasePath)
    if (!before) return
    copyFileSync(databasePath, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL)
    chmodSync(to, 0o600)
    const group = sharingGroupIn(dirname(databasePath))
    if (group !== undefined) shareFile(to, group)
    if (stateOf(databasePath) !== before) discardClone(to)
  } catch {
    // ENOTSUP, EXDEV, EINVAL, ENOSYS: this filesystem has no clones. Any other error occurs again when a copy is made.
    discardClone(to)
  }
}

/** Removes a clone that does not become a backup, if there is one. */
export function discardClone(path: string): void {
  // If the folder is something else, nothing can be removed.
  if (existsSync(path)) removePartialBackup(path)
}

/** @returns undefined if another program has the database open: the last connection that closes removes the log. */
function stateOf(databasePath: string): string | undefined {
  if (['-wal', '-journal'].some((companion) => existsSync(databasePath + companion))) return undefined
  const { ino, size, mtimeNs, ctimeNs } = statSync(databasePath, { bigint: true })
  return [ino, size, mtimeNs, ctimeNs].join(' ')
}
