import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isGoodBackup } from './backup-seal.ts'

/** One of the backups that are made before a migration. */
export interface Backup {
  /** One file, in `NAME.backups` beside `NAME.db`. */
  readonly path: string
  /** When it was begun, by the name of the file. */
  readonly madeAt: Date
  /** The migration it was made before, its name fit for a file name. */
  readonly before: string
  /** Whether indexes of the database were damaged. Every row is in the backup. */
  readonly isIndexDamaged: boolean
}

const fileName = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3}Z)-before-(.+?)(-index-damaged)?\.db$/
const partialName = /\.db\.partial-[0-9a-f]{8}(-journal|-wal|-shm)?$/

/** `NAME.backups` beside `NAME.db`. */
export function backupFolderOf(databasePath: string): string {
  return databasePath.replace(/\.db$/, '.backups')
}

/**
 * A path for a new backup, in a folder that is created where it is missing (mode 0700): the time in UTC, so that
 * names sort by age wherever they were made, and the migration.
 */
export function newBackupPath(databasePath: string, migration: string, now: Date = new Date()): string {
  const folder = backupFolderOf(databasePath)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // Windows allows no colon in a file name, nor some other things a migration may be called.
  const time = now.toISOString().replaceAll(':', '-')
  const before = migration.replace(/[^\w.-]/g, '_').slice(0, 80)
  return join(folder, `${time}-before-${before}.db`)
}

/** The backups there are, the newest first; whether they are good is not looked at. */
export function listBackups(databasePath: string): Backup[] {
  const folder = backupFolderOf(databasePath)
  return namesIn(folder)
    .sort()
    .reverse()
    .flatMap((name) => {
      const [, hour, minute, second, before = '', damaged] = fileName.exec(name) ?? []
      if (hour === undefined) return []
      return {
        path: join(folder, name),
        madeAt: new Date(`${hour}:${minute}:${second}`),
        before,
        isIndexDamaged: damaged !== undefined,
      }
    })
}

/**
 * The newest backup that passes `quick_check`, or else the newest one in which only indexes are damaged. Only reads.
 *
 * @param _migrations the migrations that the app has.
 */
export function newestGoodBackup(databasePath: string, _migrations?: readonly string[]): Backup | undefined {
  const backups = listBackups(databasePath)
  return (
    backups.find(({ path, isIndexDamaged }) => !isIndexDamaged && isGoodBackup(path)) ??
    backups.find(({ path }) => isGoodBackup(path, true))
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

/** Removes the oldest backups, so that `keep` are left. */
export function pruneBackups(databasePath: string, keep: number): void {
  for (const { path } of listBackups(databasePath).slice(keep)) rmSync(path, { force: true })
}

/**
 * Removes what killed processes have left of copies, in the folder and beside the database. The caller holds the
 * lock, so none is being made.
 */
export function removePartialBackups(databasePath: string): void {
  for (const folder of [backupFolderOf(databasePath), dirname(databasePath)]) {
    for (const name of namesIn(folder)) {
      const isOfThis =
        folder !== dirname(databasePath) || name.startsWith(`${basename(databasePath)}.partial-`)
      if (isOfThis && partialName.test(name)) rmSync(join(folder, name), { force: true })
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
