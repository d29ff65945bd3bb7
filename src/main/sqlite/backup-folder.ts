import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { shareFolder, sharingGroupIn } from '../lock/file-mode.ts'
import { NoBackupError } from './backup-errors.ts'
import { isGoodBackup } from './backup-seal.ts'
import { listRescued } from './rescued-files.ts'

/**
 * Why a backup was made: a migration came next, it was time for one (`backupEvery`), or the database was removed or
 * replaced while it was open, and its content was rescued.
 */
export type BackupKind = 'before-migration' | 'scheduled' | 'rescued'

/** One of the backups that this package makes by itself. */
export interface Backup {
  /** One file: in `NAME.backups` beside `NAME.db`, or, if it was rescued, beside `NAME.db` itself. */
  readonly path: string
  /** When it was begun, by the name of the file. */
  readonly madeAt: Date
  /** Why it was made. */
  readonly kind: BackupKind
  /** The migration it was made before, its name fit for a file name; undefined for another kind. */
  readonly before: string | undefined
  /**
   * Counts the backups of a database, from 1 on: of two backups, the one with the higher number is newer, whatever the
   * clock said. 0 for the names that earlier versions of this package gave, which have no number.
   */
  readonly number: number
  /** Whether indexes of the database were damaged. Every row is in the backup. */
  readonly isIndexDamaged: boolean
}

const fileName =
  /^(?:(\d{6,})-)?(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3}Z)-(?:before-(.+?)|scheduled)(-index-damaged)?\.db$/
const partialName = /\.db\.partial-[0-9a-f]{8}(-journal|-wal|-shm)?$/

/** `NAME.backups` beside `NAME.db`. */
export function backupFolderOf(databasePath: string): string {
  return databasePath.replace(/\.db$/, '.backups')
}

/**
 * A path for a new backup, in a folder that is created if it is missing (mode 0700, or 2770 in a directory that a
 * group shares): a number, the time in UTC, and the migration that comes next.
 *
 * @param migration undefined for a scheduled backup.
 * @throws Node's error if the folder cannot be created or read.
 */
export function newBackupPath(
  databasePath: string,
  migration: string | undefined,
  now: Date = new Date(),
): string {
  const folder = backupFolderOf(databasePath)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const group = sharingGroupIn(dirname(databasePath))
  if (group !== undefined) shareFolder(folder, group)
  const number = Math.max(0, ...listBackups(databasePath).map((backup) => backup.number)) + 1
  // Windows allows no colon in a file name, nor some other things a migration may be called.
  const time = now.toISOString().replaceAll(':', '-')
  const why =
    migration === undefined ? 'scheduled' : `before-${migration.replace(/[^\w.-]/g, '_').slice(0, 80)}`
  return join(folder, `${String(number).padStart(6, '0')}-${time}-${why}.db`)
}

/**
/**
 * The backups there are, the newest first. They are not checked.
 *
 * @throws {NoBackupError} when the folder cannot be read.
 */
export function listBackups(databasePath: string): Backup[] {
  const folder = backupFolderOf(databasePath)
  return namesIn(folder)
    .flatMap((name) => backupNamed(folder, name))
    .sort((a, b) => b.number - a.number || Number(b.madeAt) - Number(a.madeAt) || (a.path < b.path ? 1 : -1))
}

function backupNamed(folder: string, name: string): Backup[] {
  const [, number = '0', hour, minute, second, before, damaged] = fileName.exec(name) ?? []
  if (hour === undefined) return []
  const madeAt = new Date(`${hour}:${minute}:${second}`)
  // A month or an hour that does not exist.
  if (Number.isNaN(Number(madeAt))) return []
  const kind = before === undefined ? 'scheduled' : 'before-migration'
  const isIndexDamaged = damaged !== undefined
  return [{ path: join(folder, name), madeAt, kind, before, number: Number(number), isIndexDamaged }]
}

/**
 * The backups and the rescued databases there are, the newest first. They are not checked.
 *
 * @throws {NoBackupError} when the folder of the backups cannot be read.
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
 * The newest backup or rescued database that passes `quick_check` and that the app can open. If there is none, the newest
 * one in which only indexes are damaged. Only reads.
 *
 * @param migrations the names of the migrations that the app has. A backup that has gone through another one is of a
 * newer version of the app. Default: that does not matter.
 */
export function newestGoodBackup(databasePath: string, migrations?: readonly string[]): Backup | undefined {
  const backups = listRestorable(databasePath)
  return (
    backups.find(({ path, isIndexDamaged }) => !isIndexDamaged && isGoodBackup(path, { migrations })) ??
    backups.find(({ path }) => isGoodBackup(path, { migrations, mayNeedRebuild: true }))
  )
}

/**
 * Marks a backup in whose indexes there is damage, by its name. An earlier one like it, from before the same migration,
 * is removed: each open of a damaged database would add one.
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
 * Removes what killed processes have left of copies, in the folder and beside the database. The caller holds the
 * lock, so none is being made.
 */
export function removePartialBackups(databasePath: string): void {
  for (const folder of [backupFolderOf(databasePath), dirname(databasePath)]) {
    for (const name of namesIn(folder)) {
      const isOfThis =
        folder !== dirname(databasePath) ||
        name.startsWith(`${basename(databasePath)}.partial-`) ||
        name.startsWith(`${basename(databasePath, '.db')}.rescued-`)
      if (isOfThis && partialName.test(name)) rmSync(join(folder, name), { force: true })
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new NoBackupError(folder, error)
  }
}
