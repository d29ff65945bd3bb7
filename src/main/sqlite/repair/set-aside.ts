import { constants, copyFileSync, existsSync, linkSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { sharingGroupIn } from '../../directory/file-mode.ts'
import { newPartialPath, removePartialBackup, timeForName } from '../files/backup-files.ts'
import { markSuffix } from '../files/check-mark.ts'
import {
  emptyRecord,
  readCheckpointRecord,
  recordSuffix,
  writeCheckpointRecord,
} from '../files/checkpoint-record.ts'
import { DatabaseFiles } from '../files/database-files.ts'
import { syncFile, syncFolderOf } from '../files/fsync.ts'
import { mismatchOf, observe } from '../open/log-mismatch.ts'

/**
 * What SQLite keeps next to a database (sqlite.org/tempfiles.html), the mark for a check, and the checkpoint record. The
 * record comes last: as long as a log of another database is there, the record shows that the log does not belong here.
 */
const companions = ['-wal', '-shm', '-journal', markSuffix, recordSuffix] as const

/**
 * Sets aside a log that does not belong to the database, with a copy of the database. Nothing is deleted.
 *
 * The caller holds the lock and has no connection to the database.
 *
 * @throws Node's error if the filesystem is full or cannot be written.
 */
export function setLogAside(databasePath: string): void {
  const aside = `${databasePath}.set-aside-${timeForName(new Date())}`
  if (existsSync(`${databasePath}-wal`)) copyWhole(databasePath, aside)
  moveAside(databasePath, companions, aside)
  syncFolderOf(databasePath)
}

/**
 * Moves a database and its log away, so that a new, empty one can be created. Nothing is deleted.
 *
 * The caller holds the lock and has no connection to the database.
 *
 * @throws Node's error if the filesystem is full or cannot be written.
 */
export function setAllAside(databasePath: string): void {
  const now = new Date()
  moveAside(databasePath, [...companions, ''], `${databasePath}.set-aside-${timeForName(now)}`)
  // Otherwise the backups would be traces of use at the next start, and the user would be asked again.
  const isShared = sharingGroupIn(dirname(databasePath)) !== undefined
  writeCheckpointRecord(databasePath, emptyRecord(now), isShared ? 0o660 : 0o600, true)
  syncFolderOf(databasePath)
}

interface Replacing {
  /** Whether the databases are encrypted. */
  readonly isEncrypted?: boolean
  /** Called immediately before the new database gets its name. */
  readonly prepare?: () => void
}

/**
 * Puts a new database in the place of a damaged one, which is set aside as `NAME.db.damaged-TIME` with its companions.
 *
 * The caller holds the lock and has no connection to the database.
 *
 * @param replacement a whole database file in the same folder.
 * @returns the path of the damaged database; undefined if there was none.
 * @throws as {@link setDatabaseAside} does.
 */
export function replaceDatabase(
  databasePath: string,
  replacement: string,
  now: Date,
  { isEncrypted = false, prepare }: Replacing = {},
): string | undefined {
  syncFile(replacement)
  const aside = setDatabaseAside(databasePath, now, isEncrypted)
  prepare?.()
  renameSync(replacement, databasePath)
  moveAside(databasePath, [recordSuffix], damagedPath(databasePath, now))
  syncFolderOf(databasePath)
  return aside
}

/**
 * Gives a damaged database a second name, and moves its companions there, except for the checkpoint record. If the
 * process is killed before the new database is in its place, the record shows the next start that the log is gone.
 *
 * @returns the second name; undefined if there is no database.
 * @throws Node's error if the filesystem is full or cannot be written; `EEXIST` if the second name is taken.
 */
export function setDatabaseAside(databasePath: string, now: Date, isEncrypted = false): string | undefined {
  const aside = damagedPath(databasePath, now)
  const isThere = existsSync(databasePath)
  if (isThere) {
    recordLog(databasePath, isEncrypted)
    linkOrRename(databasePath, aside)
  }
  // Before the new database is there: SQLite would play the old database's log into it
  // (sqlite.org/howtocorrupt.html#_mispairing_database_files_and_hot_journals_).
  moveAside(databasePath, companions.slice(0, -1), aside)
  syncFolderOf(databasePath)
  return isThere ? aside : undefined
}

function damagedPath(databasePath: string, now: Date): string {
  return `${databasePath}.damaged-${timeForName(now)}`
}

/** Without a record, or with a record that says that the log has no changes, the next start cannot find that the log is gone. */
function recordLog(databasePath: string, isEncrypted: boolean): void {
  const files = DatabaseFiles.open(databasePath, isEncrypted)
  if (!files) return
  try {
    const observation = observe(files, readCheckpointRecord(databasePath))
    // A log of another database must not get a record that says that it belongs here.
    if (observation.log !== 'frames' || mismatchOf(observation)) return
    const described = { database: files.describeDatabase(), log: files.describeLog(true) }
    writeCheckpointRecord(
      databasePath,
      { version: 1, phase: 'open', at: Date.now(), ...described },
      files.mode,
      true,
    )
  } finally {
    files.close()
  }
}

/** The copy appears under its own name complete or not at all. */
function copyWhole(from: string, to: string): void {
  const partial = newPartialPath(from)
  try {
    copyFileSync(from, partial, constants.COPYFILE_FICLONE)
    syncFile(partial)
    renameSync(partial, to)
  } catch (error) {
    removePartialBackup(partial)
    throw error
  }
}

function moveAside(databasePath: string, suffixes: readonly string[], aside: string): void {
  for (const suffix of suffixes)
    if (existsSync(databasePath + suffix)) renameSync(databasePath + suffix, aside + suffix)
}

function linkOrRename(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    // A database that was set aside before is never replaced.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    // FAT and some network filesystems have no hard links. A crash before the next rename then leaves no database.
    renameSync(from, to)
  }
}
