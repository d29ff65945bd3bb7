import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isGoodBackup } from './backup-seal.ts'
import { listRescued } from './rescued-files.ts'

/** One of the backups that are made before a migration, or a database that was rescued. */
export interface Backup {
  /** One file: in `NAME.backups` beside `NAME.db`, or `NAME.rescued-TIME.db`. */
  readonly path: string
  /** When it was begun, by the name of the file. */
  readonly madeAt: Date
  /** The migration it was made before, its name fit for a file name; `rescued` for a rescued database. */
  readonly before: string
}

const fileName = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3}Z)-before-(.+)\.db$/
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
      const [, hour, minute, second, before = ''] = fileName.exec(name) ?? []
      if (hour === undefined) return []
      return { path: join(folder, name), madeAt: new Date(`${hour}:${minute}:${second}`), before }
    })
}

/** The backups and the rescued databases there are, the newest first; whether they are good is not looked at. */
export function listRestorable(databasePath: string): Backup[] {
  return [...listBackups(databasePath), ...listRescued(databasePath)].sort(
    (a, b) => b.madeAt.getTime() - a.madeAt.getTime(),
  )
}

/**
 * The newest backup or rescued database that passes `quick_check`. Only reads.
 *
 * @param _migrations the migrations that the app has.
 */
export function newestGoodBackup(databasePath: string, _migrations?: readonly string[]): Backup | undefined {
  return listRestorable(databasePath).find(({ path }) => isGoodBackup(path))
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
    throw error
  }
}
