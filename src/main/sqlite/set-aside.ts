import { existsSync, renameSync } from 'node:fs'
import { syncFolderOf } from './backup-files.ts'
import { markSuffix } from './check-mark.ts'

/** What SQLite keeps next to a database (sqlite.org/tempfiles.html). */
const companions = ['-wal', '-shm', '-journal'] as const

/** Takes a log that does not belong to the database away from it. Nothing is deleted. */
export function setLogAside(databasePath: string, now: Date = new Date()): void {
  for (const companion of companions) moveAside(databasePath, companion, now)
  syncFolderOf(databasePath)
}

/** Takes a database and its log out of the way of a new, empty one. Nothing is deleted. */
export function setAllAside(databasePath: string, now: Date = new Date()): void {
  for (const companion of [...companions, markSuffix, '']) moveAside(databasePath, companion, now)
  syncFolderOf(databasePath)
}

function moveAside(databasePath: string, companion: string, now: Date): void {
  const from = databasePath + companion
  if (existsSync(from)) renameSync(from, `${databasePath}.set-aside-${stamp(now)}${companion}`)
}

function stamp(now: Date): string {
  return now.toISOString().replaceAll(':', '-')
}
