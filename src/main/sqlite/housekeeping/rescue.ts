import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Database } from 'better-sqlite3'
import { attempt } from '../../../shared/attempt.ts'
import { shareFile, sharingGroupIn } from '../../directory/file-mode.ts'
import { backUp, type Copying } from '../backup/backup.ts'
import { newPartialPath, newRescuePath } from '../files/backup-files.ts'
import type { DatabaseFiles } from '../files/database-files.ts'
import { readAt } from '../files/file-format.ts'
import { renameAndSync } from '../files/fsync.ts'
import type { LostFile } from './file-watch.ts'

const bytesAtOnce = 2 ** 20

/**
 * Saves the content of the open files of a lost database, next to the database.
 *
 * @param copying how the copy is made, and turned into a database of its own.
 * @returns the path of the saved file; undefined if the database was overwritten while its log was empty.
 * @throws {BackupFailedError} or Node's error, if it cannot be saved.
 */
export async function rescue(
  connection: Database,
  files: DatabaseFiles,
  { what }: LostFile,
  copying: Copying,
): Promise<string | undefined> {
  const stem = newRescuePath(files.path)
  if (what === 'overwritten') return rescueLog(files, stem)
  // The connection still has the files that were removed or replaced.
  await backUp(connection, `${stem}.db`, {}, copying)
  return `${stem}.db`
}

/**
 * The database itself was overwritten, so only the log still has content of ours. The file that is there now is copied
 * too: pages of it that were not overwritten may be ours.
 */
function rescueLog(files: DatabaseFiles, stem: string): string | undefined {
  const { database, log } = files
  if (log === undefined) throw new Error('this process has no descriptor of the log')
  const saved = `${stem}.wal`
  const bytes = copyDescriptor(log, saved)
  // When SQLite closes the connection, it moves the log into the database, which now has the content of another file. It
  // moves nothing from a log that is too short.
  ftruncateSync(log, 0)
  // If this fails, the file is still in its place.
  attempt(() => copyDescriptor(database, `${stem}.db`))
  return bytes > 0 ? saved : undefined
}

/**
 * Copies an open file.
 *
 * The copy appears under its own name complete or not at all. The file is not opened again, because closing it would
 * drop the locks of SQLite.
 *
 * @returns its size in bytes.
 */
function copyDescriptor(from: number, to: string): number {
  let copied = 0
  const partial = newPartialPath(to.replace(/\.wal$/, '.db'))
  const fd = openSync(partial, 'wx', 0o600)
  try {
    for (;;) {
      const bytes = readAt(from, copied, bytesAtOnce)
      writeFileSync(fd, bytes)
      copied += bytes.length
      if (bytes.length < bytesAtOnce) break
    }
    fsyncSync(fd)
  } catch (error) {
    closeSync(fd)
    rmSync(partial, { force: true })
    throw error
  }
  closeSync(fd)
  const group = sharingGroupIn(dirname(to))
  if (group !== undefined) shareFile(partial, group)
  renameAndSync(partial, to)
  return copied
}
