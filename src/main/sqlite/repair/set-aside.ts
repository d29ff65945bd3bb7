import { constants, copyFileSync, existsSync, linkSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { sharingGroupIn } from '../../directory/file-mode.ts'
import { randomHex } from '../../runtime/random-hex.ts'
import { removePartialBackup } from '../files/backup-files.ts'
import { markSuffix } from '../files/check-mark.ts'
import { emptyRecord, readRecord, recordSuffix, writeRecord } from '../files/checkpoint-record.ts'
import { DatabaseFiles } from '../files/database-files.ts'
import { readLogHeader } from '../files/file-format.ts'
import { syncFile, syncFolderOf } from '../files/fsync.ts'
import { mismatchOf, startFacts } from '../open/log-mismatch.ts'

/**
 * Gives a damaged database a second name, and takes its companions away from the first, except for the checkpoint record.
 * The record stays until the new database is there: if the process is killed before that, the next start finds that the
 * log is gone.
 *
 * The caller holds the lock and has no connection to the database.
 *
 * @returns the second name; undefined when there is no database.
 * @throws Node's error of a filesystem that is full or cannot be written, `EEXIST` when the second name is taken.
 */
export function setDatabaseAside(databasePath: string, now: Date): string | undefined {
  const aside = damagedPath(databasePath, now)
  const isThere = existsSync(databasePath)
  if (isThere) {
    recordLog(databasePath)
    linkOrRename(databasePath, aside)
  }
  // Before the new database is there: SQLite would play the old one's log into it
  // (sqlite.org/howtocorrupt.html#_mispairing_database_files_and_hot_journals_).
  for (const companion of companions) if (companion !== recordSuffix) move(databasePath, companion, aside)
  syncFolderOf(databasePath)
  return isThere ? aside : undefined
}

/** To be called when the new database is in its place. @param now as for {@link setDatabaseAside}. */
export function setRecordAside(databasePath: string, now: Date): void {
  move(databasePath, recordSuffix, damagedPath(databasePath, now))
}

/** Without a record, or with one that says that the log has no changes, nobody would miss the log. */
function recordLog(databasePath: string): void {
  const files = DatabaseFiles.open(databasePath)
  if (!files) return
  try {
    const { database, log, mode } = files
    const found = readRecord(databasePath)
    const facts = startFacts({ database, log }, found)
    // A foreign log must not get a record that says that it belongs here.
    if (log === undefined || facts.log !== 'frames' || mismatchOf(facts)) return
    const recordedLog = {
      ino: files.logStat()?.ino.toString(),
      salts: readLogHeader(log)?.salts,
      hasChanges: true,
    }
    const record = { version: 1, phase: 'open', at: Date.now(), database: files.describe() } as const
    writeRecord(databasePath, { ...record, log: recordedLog }, mode, true)
  } finally {
    files.close()
  }
}

function move(databasePath: string, companion: string, aside: string): void {
  if (existsSync(databasePath + companion)) renameSync(databasePath + companion, aside + companion)
}

function damagedPath(databasePath: string, now: Date): string {
  return `${databasePath}.damaged-${now.toISOString().replaceAll(':', '-')}`
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

/**
 * What SQLite keeps next to a database (sqlite.org/tempfiles.html), the mark for a check, and the checkpoint record. The
 * record comes last: as long as a foreign log is there, the record is what shows that it is foreign.
 */
export const companions = ['-wal', '-shm', '-journal', markSuffix, recordSuffix] as const

/**
 * Takes a log that does not belong to the database away from it, with a copy of the database. Nothing is deleted.
 *
 * The caller holds the lock and has no connection to the database.
 *
 * @throws Node's error of a filesystem that is full or cannot be written.
 */
export function setLogAside(databasePath: string, now: Date = new Date()): void {
  const aside = asidePath(databasePath, now)
  if (existsSync(`${databasePath}-wal`)) copyWhole(databasePath, aside)
  for (const companion of companions) moveAside(databasePath, companion, aside)
  syncFolderOf(databasePath)
}

/**
 * Takes a database and its log out of the way of a new, empty one. Nothing is deleted.
 *
 * The caller holds the lock and has no connection to the database.
 *
 * @throws Node's error of a filesystem that is full or cannot be written.
 */
export function setAllAside(databasePath: string, now: Date = new Date()): void {
  const aside = asidePath(databasePath, now)
  for (const companion of [...companions, '']) moveAside(databasePath, companion, aside)
  // Without it the backups would count as traces of lost data at the next start, and the question would come again.
  const isShared = sharingGroupIn(dirname(databasePath)) !== undefined
  writeRecord(databasePath, emptyRecord(now), isShared ? 0o660 : 0o600, true)
  syncFolderOf(databasePath)
}

/** Under its own name the copy appears whole or not at all. */
function copyWhole(from: string, to: string): void {
  const partial = `${from}.partial-${randomHex(4)}`
  try {
    copyFileSync(from, partial, constants.COPYFILE_FICLONE)
    syncFile(partial)
    renameSync(partial, to)
  } catch (error) {
    removePartialBackup(partial)
    throw error
  }
}

function moveAside(databasePath: string, companion: string, aside: string): void {
  const from = databasePath + companion
  if (existsSync(from)) renameSync(from, aside + companion)
}

function asidePath(databasePath: string, now: Date): string {
  return `${databasePath}.set-aside-${now.toISOString().replaceAll(':', '-')}`
}
