import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { shareFolder, sharingGroupIn } from '../../directory/file-mode.ts'
import { NoBackupError } from '../errors/backup-errors.ts'
import {
  type Backup,
  type BackupKind,
  backupFolderOf,
  listRescued,
  namesIn,
  readBackups,
  timeForName,
} from '../files/backup-files.ts'

const partialName = /\.db\.partial-[0-9a-f]{8}(-journal|-wal|-shm)?$/

/**
 * A path for a new backup, in a folder that is created if it is missing. The name has a number, the time in UTC, and the
 * migration that comes next.
 *
 * @param migration undefined for a scheduled backup.
 * @throws Node's error if the folder cannot be created or read.
 */
export function newBackupPath(
  databasePath: string,
  migration: string | undefined,
  now: Date = new Date(),
): string {
  const folder = createBackupFolder(databasePath)
  const number = Math.max(0, ...listBackups(databasePath).map((backup) => backup.number)) + 1
  // The name of a migration may have characters that Windows does not allow in a file name.
  const why =
    migration === undefined ? 'scheduled' : `before-${migration.replace(/[^\w.-]/g, '_').slice(0, 80)}`
  return join(folder, `${String(number).padStart(6, '0')}-${timeForName(now)}-${why}.db`)
}

/** Creates `NAME.backups` if it is missing: mode 0700, or 2770 in a directory that a group shares. */
export function createBackupFolder(databasePath: string): string {
  const folder = backupFolderOf(databasePath)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const group = sharingGroupIn(dirname(databasePath))
  if (group !== undefined) shareFolder(folder, group)
  return folder
}

/**
 * The backups, the newest first. They are not checked.
 *
 * @throws {NoBackupError} if the folder cannot be read.
 */
export function listBackups(databasePath: string): Backup[] {
  return readable(backupFolderOf(databasePath), () => readBackups(databasePath))
}

/**
 * The backups and the rescued databases, the newest first. They are not checked.
 *
 * @throws {NoBackupError} if the folder of the backups cannot be read.
 */
export function listRestorable(databasePath: string): Backup[] {
  const backups = listBackups(databasePath)
  const restorable: Backup[] = []
  // The order of backups does not depend on their times.
  for (const rescued of listRescued(databasePath)) {
    while (backups[0] && backups[0].madeAt > rescued.madeAt) restorable.push(...backups.splice(0, 1))
    restorable.push(rescued)
  }
  return [...restorable, ...backups]
}

/**
 * Marks a backup that has damaged indexes, by its name. Removes an earlier one from before the same migration: otherwise
 * each open of a damaged database would add one.
 *
 * @returns its new path.
 */
export function markIndexDamaged(databasePath: string, path: string): string {
  const marked = path.replace(/\.db$/, '-index-damaged.db')
  renameSync(path, marked)
  const { before } = listBackups(databasePath).find((backup) => backup.path === marked) ?? {}
  for (const backup of listBackups(databasePath)) {
    if (backup.isIndexDamaged && backup.before === before && backup.path !== marked)
      rmSync(backup.path, { force: true })
  }
  return marked
}

/**
 * Removes unfinished copies of processes that were killed, in the folder and beside the database. The caller holds the
 * lock, so no process is making one.
 */
export function removePartialBackups(databasePath: string): void {
  for (const folder of [backupFolderOf(databasePath), dirname(databasePath)]) {
    for (const name of readable(folder, () => namesIn(folder))) {
      const isOfThis =
        folder !== dirname(databasePath) ||
        name.startsWith(`${basename(databasePath)}.partial-`) ||
        name.startsWith(`${basename(databasePath, '.db')}.rescued-`)
      if (isOfThis && partialName.test(name)) rmSync(join(folder, name), { force: true })
    }
  }
}

/** @throws {NoBackupError} if the folder cannot be read. */
function readable<Found>(folder: string, read: () => Found): Found {
  try {
    return read()
  } catch (error) {
    throw new NoBackupError(folder, error)
  }
}

/**
 * How many backups of one kind are kept: their number, or an object that may also limit their bytes. `count` defaults
 * to 3 and `bytes` to no limit. The newest backup is always kept, even if it has more bytes. With a count of 0, no
 * backup is made.
 */
export type KeepBackups = number | { readonly count?: number; readonly bytes?: number }

const defaultCount = 3

/** How many backups are kept, with the defaults filled in. */
export function keptCount(keep: KeepBackups | undefined): number {
  return (typeof keep === 'number' ? keep : keep?.count) ?? defaultCount
}

/**
 * Removes the oldest backups of one kind beyond the number to keep. The newest one always stays. The numbers in the names
 * decide which one is newer, because the clock may be wrong.
 */
export function pruneBackups(databasePath: string, keep: KeepBackups | undefined, kind: BackupKind): void {
  const bytesAtMost = (typeof keep === 'object' ? keep.bytes : undefined) ?? Infinity
  const backups = listBackups(databasePath).filter((backup) => backup.kind === kind)
  let bytes = 0
  for (const [index, { path }] of backups.entries()) {
    bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (index > 0 && (index >= keptCount(keep) || bytes > bytesAtMost)) rmSync(path, { force: true })
  }
}
