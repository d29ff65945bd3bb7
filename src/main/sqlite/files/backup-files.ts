import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { randomHex } from '../../runtime/random-hex.ts'

/**
 * Why a backup was made: a migration came next, it was time for one (`backupEvery`), or the database was removed or
 * replaced while it was open, and its content was rescued.
 */
export type BackupKind = 'before-migration' | 'scheduled' | 'rescued'

/** One of the backups that this package makes by itself. */
export interface Backup {
  /** One file: in `NAME.backups` beside `NAME.db`, or, if it was rescued, beside `NAME.db` itself. */
  readonly path: string
  /** When the backup began, according to the name of the file. */
  readonly madeAt: Date
  /** Why it was made. */
  readonly kind: BackupKind
  /** The migration that came next, in a form that fits in a file name; undefined for another kind. */
  readonly before: string | undefined
  /**
   * The number of the backup among all backups of the database, from 1. Of two backups, the one with the higher number
   * is newer, even if the clock was wrong. 0 for the names that earlier versions of this package gave, which have no
   * number.
   */
  readonly number: number
  /** Whether indexes of the database were damaged. Every row is in the backup. */
  readonly isIndexDamaged: boolean
}

const backupName =
  /^(?:(\d{6,})-)?(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)-(?:before-(.+?)|scheduled)(-index-damaged)?\.db$/
const rescuedName = /^\.rescued-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)\.db$/

/** A time as it is in file names: Windows allows no colon in them. */
export function timeForName(time: Date): string {
  return time.toISOString().replaceAll(':', '-')
}

function timeFromName(text: string): Date {
  return new Date(text.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'))
}

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
  const [, number = '0', time, before, damaged] = backupName.exec(name) ?? []
  if (time === undefined) return []
  const madeAt = timeFromName(time)
  // A month or an hour that does not exist.
  if (Number.isNaN(Number(madeAt))) return []
  const kind = before === undefined ? 'scheduled' : 'before-migration'
  const isIndexDamaged = damaged !== undefined
  return [{ path: join(folder, name), madeAt, kind, before, number: Number(number), isIndexDamaged }]
}

/** The names in a folder; none if it is missing. @throws the system's error if it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** A path for a copy that is not finished: `….partial-` and eight digits. */
export function newPartialPath(path: string): string {
  return `${path}.partial-${randomHex(4)}`
}

/** Removes what is left of a copy that did not become a backup. */
export function removePartialBackup(path: string): void {
  for (const file of [path, `${path}-journal`, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true })
}

/** `NAME.rescued-TIME` beside `NAME.db`, without the ending. */
export function newRescuePath(databasePath: string): string {
  return `${stemOf(databasePath)}.rescued-${timeForName(new Date())}`
}

/**
 * The databases that were saved when another file came into their place, the newest first. They can be restored like
 * backups. They are not checked.
 */
export function listRescued(databasePath: string): Backup[] {
  const folder = dirname(databasePath)
  const stem = basename(stemOf(databasePath))
  return namesIn(folder)
    .filter((name) => name.startsWith(stem))
    .sort()
    .reverse()
    .flatMap((name): Backup[] => {
      const [, time] = rescuedName.exec(name.slice(stem.length)) ?? []
      const path = join(folder, name)
      // With a log of its own it is the file that was found in the database's place, and no rescued database.
      if (time === undefined || existsSync(path.replace(/\.db$/, '.wal'))) return []
      const madeAt = timeFromName(time)
      return [{ path, madeAt, kind: 'rescued', before: undefined, number: 0, isIndexDamaged: false }]
    })
}

function stemOf(databasePath: string): string {
  return databasePath.replace(/\.db$/, '')
}
