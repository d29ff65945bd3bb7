import { existsSync, linkSync, renameSync } from 'node:fs'
import { readRecord, recordSuffix, writeRecord } from '../files/checkpoint-record.ts'
import { DatabaseFiles } from '../files/database-files.ts'
import { readLogHeader } from '../files/log-frames.ts'
import { syncFolderOf } from '../files/sync-file.ts'
import { mismatchOf } from '../open/belonging.ts'
import { startFacts } from '../open/start-facts.ts'
import { companions } from './set-aside.ts'

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
