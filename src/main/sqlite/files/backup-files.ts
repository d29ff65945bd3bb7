import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

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

/** `NAME.backups` beside `NAME.db`. */
export function backupFolderOf(databasePath: string): string {
  return databasePath.replace(/\.db$/, '.backups')
}

/** The backups in `NAME.backups`, the newest first. @throws the system's error if the folder cannot be read. */
export function readBackups(databasePath: string): Backup[] {
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

/** The names in a folder: none if it is missing. @throws the system's error if it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Removes what is left of a copy that did not become a backup. */
export function removePartialBackup(path: string): void {
  for (const file of [path, `${path}-journal`, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true })
}

/** `NAME.rescued-TIME` beside `NAME.db`, without the ending. */
export function newRescuePath(databasePath: string, now: Date = new Date()): string {
  return `${stemOf(databasePath)}.rescued-${now.toISOString().replaceAll(':', '-')}`
}

/**
 * The databases that were saved when another file came into their place, the newest first. They can be restored like
 * backups. They are not checked.
 */
export function listRescued(databasePath: string): Backup[] {
  const fileName = /^\.rescued-(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3}Z)\.db$/
  const stem = basename(stemOf(databasePath))
  return namesIn(dirname(databasePath))
    .filter((name) => name.startsWith(stem))
    .sort()
    .reverse()
    .flatMap((name): Backup[] => {
      const [, hour, minute, second] = fileName.exec(name.slice(stem.length)) ?? []
      const path = join(dirname(databasePath), name)
      // With a log of its own it is the file that was found in the database's place, and no rescued database.
      if (hour === undefined || existsSync(path.replace(/\.db$/, '.wal'))) return []
      const madeAt = new Date(`${hour}:${minute}:${second}`)
      return [{ path, madeAt, kind: 'rescued', before: undefined, number: 0, isIndexDamaged: false }]
    })
}

/** Every file that was rescued or set aside from a database, for a search for lost content. */
export function listKeptFiles(databasePath: string): string[] {
  const starts = [
    `${basename(stemOf(databasePath))}.rescued-`,
    `${basename(databasePath)}.set-aside-`,
    `${basename(databasePath)}.damaged-`,
  ]
  return namesIn(dirname(databasePath))
    .filter((name) => starts.some((start) => name.startsWith(start)))
    .sort()
    .map((name) => join(dirname(databasePath), name))
}

function stemOf(databasePath: string): string {
  return databasePath.replace(/\.db$/, '')
}
