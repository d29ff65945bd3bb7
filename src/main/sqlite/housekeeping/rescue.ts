import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Database } from 'better-sqlite3'
import { shareFile, sharingGroupIn } from '../../directory/file-mode.ts'
import { randomHex } from '../../runtime/random-hex.ts'
import { backUp } from '../backup/backup.ts'
import type { BackupResult } from '../backup/check-backup.ts'
import { newRescuePath } from '../files/backup-files.ts'
import type { DatabaseFiles } from '../files/database-files.ts'
import { readAt } from '../files/file-format.ts'
import { syncFolderOf } from '../files/fsync.ts'
import type { LostFile } from './file-watch.ts'

const bytesAtOnce = 2 ** 20

/**
 * Saves what the open files of a lost database hold, next to the database.
 *
 * @param seal turns a finished copy into a database of its own.
 * @returns the path of what was saved; undefined if the database was overwritten while its log was empty.
 * @throws {BackupFailedError} or Node's error, when it cannot be saved.
 */
export async function rescue(
  connection: Database,
  files: DatabaseFiles,
  { what }: LostFile,
  seal: (partial: string) => Promise<BackupResult>,
): Promise<string | undefined> {
  const stem = newRescuePath(files.path)
  if (what === 'overwritten') return rescueLog(files, stem)
  // The connection still has the files that were removed or replaced.
  await backUp(connection, `${stem}.db`, {}, seal)
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
  // When SQLite closes the connection it moves the log into the database, which is another file's content now. It moves
  // nothing from a log that is shorter than it should be.
  ftruncateSync(log, 0)
  try {
    copyDescriptor(database, `${stem}.db`)
  } catch {
    // The file is still in its place.
  }
  return bytes > 0 ? saved : undefined
}

/**
 * Copies an open file.
 *
 * Under its own name the copy appears whole or not at all. Opening the file once more would end in a close.
 *
 * @returns its size in bytes.
 */
function copyDescriptor(from: number, to: string): number {
  let copied = 0
  const partial = `${to.replace(/\.wal$/, '.db')}.partial-${randomHex(4)}`
  const fd = openSync(partial, 'wx', 0o600)
  try {
    for (;;) {
      const bytes = readAt(from, copied, bytesAtOnce)
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(fd, bytes, written, bytes.length - written)
      }
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
  renameSync(partial, to)
  syncFolderOf(to)
  return copied
}
