import { chmodSync, constants, copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { shareFile, shareFolder, sharingGroupIn } from '../../directory/file-mode.ts'
import { randomHex } from '../../runtime/random-hex.ts'
import { removePartialBackups } from '../backup/backup-folder.ts'
import { backupFolderOf, removePartialBackup } from '../files/backup-files.ts'
import { madeMigrations } from '../open/open-checks.ts'
import type { OpenWriter } from '../open/open-writer.ts'
import { checkpoint } from './checkpoint.ts'
import { FileGuard } from './file-guard.ts'

/** Where the clone of a database goes, which becomes the backup before a migration. */
export function newClonePath(databasePath: string): string {
  return join(backupFolderOf(databasePath), `${basename(databasePath)}.partial-${randomHex(4)}`)
}

/**
 * Opens the connection that writes. If migrations are pending, it also clones the database if the filesystem can
 * share the blocks of two files (btrfs, XFS, APFS). That takes no time and no space, however large the database is.
 *
 * It is done here because this is the only time when no connection is open: to copy the file, this process opens and
 * closes it, and that drops all POSIX locks that SQLite has on it (sqlite.org/howtocorrupt.html, 2.2). The lock of the
 * data directory keeps other owners out. If the clone cannot be made, there is none, and the backup is copied later.
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
  if (cloneTo === undefined || !isPending(writer.connection, migrations)) return writer
  const guard = new FileGuard(writer, () => undefined)
  const isInOneFile = moveLog(writer.connection, guard)
  guard.stop()
  if (!isInOneFile) return writer
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

/** @returns whether all changes are in the database file now. */
function moveLog(connection: Database, guard: FileGuard): boolean {
  try {
    return guard.checkpoint(() => checkpoint(connection, 'truncate'))?.busy === false
  } catch {
    // A full disk, for instance. The connection is good, and the work that needs the space reports it later.
    return false
  }
}

function clone(databasePath: string, to: string): void {
  try {
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
    const group = sharingGroupIn(dirname(databasePath))
    if (group !== undefined) shareFolder(dirname(to), group)
    removePartialBackups(databasePath)
    const before = stateOf(databasePath)
    if (!before) return
    copyFileSync(databasePath, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL)
    chmodSync(to, 0o600)
    if (group !== undefined) shareFile(to, group)
    if (stateOf(databasePath) !== before) discardClone(to)
  } catch {
    // ENOTSUP, EXDEV, EINVAL, ENOSYS: no clones here. Every other error comes again when a copy is made instead.
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
