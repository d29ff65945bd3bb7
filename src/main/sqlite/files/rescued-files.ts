import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Backup, namesIn } from './backup-names.ts'

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
