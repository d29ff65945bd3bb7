import { constants, copyFileSync, existsSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { sharingGroupIn } from '../../directory/file-mode.ts'
import { randomHex } from '../../runtime/random-hex.ts'
import { removePartialBackup } from '../files/backup-names.ts'
import { markSuffix } from '../files/check-mark.ts'
import { emptyRecord, recordSuffix, writeRecord } from '../files/checkpoint-record.ts'
import { syncFile, syncFolderOf } from '../files/sync-file.ts'

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
