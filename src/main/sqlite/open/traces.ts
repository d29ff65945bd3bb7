import { closeSync, openSync, statSync } from 'node:fs'
import { type Backup, readBackups } from '../files/backup-names.ts'
import { readRecord, recordSuffix } from '../files/checkpoint-record.ts'
import { readLogFrames } from '../files/log-frames.ts'
import { listRescued } from '../files/rescued-files.ts'

/** Whether there is nothing at the database's path that SQLite would not fill like a new file. */
export function isMissingOrEmpty(databasePath: string): boolean {
  return (statSync(databasePath, { throwIfNoEntry: false })?.size ?? 0) === 0
}

/**
 * What shows that a database that is missing or empty was used before. What is older than the user's choice to start
 * empty does not count.
 *
 * @returns paths: of backups, of rescued files, of a log with a committed frame, of the checkpoint record.
 */
export function tracesOfUse(databasePath: string): string[] {
  const record = readRecord(databasePath)
  const startedEmptyAt = record?.phase === 'empty' ? record.at : Number.NEGATIVE_INFINITY
  const copies = [...listRescued(databasePath), ...readableBackups(databasePath)]
    .filter(({ madeAt }) => madeAt.getTime() > startedEmptyAt)
    .map(({ path }) => path)
  const log = `${databasePath}-wal`
  const wasUsed = record !== undefined && record.phase !== 'empty' && record.database.size > 0
  return [
    ...copies,
    ...(hasCommittedFrame(log) ? [log] : []),
    ...(wasUsed ? [databasePath + recordSuffix] : []),
  ]
}

/** A folder that cannot be read shows nothing. What needs it later reports the reason. */
function readableBackups(databasePath: string): Backup[] {
  try {
    return readBackups(databasePath)
  } catch {
    return []
  }
}

function hasCommittedFrame(log: string): boolean {
  // Most starts without a database have no log either.
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) === 0) return false
  const fd = openSync(log, 'r')
  try {
    return readLogFrames(fd) !== undefined
  } finally {
    closeSync(fd)
  }
}
