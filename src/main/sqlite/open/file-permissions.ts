import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Database } from 'better-sqlite3'
import { DataDirError } from '../../../shared/data-dir-error.ts'
import { accessFailureOf } from '../../directory/errors.ts'
import { createFile, shareFile, sharingGroupIn } from '../../directory/file-mode.ts'
import { filesOf } from '../errors/causes.ts'
import { DatabaseOpenError } from '../errors/open-errors.ts'
import { isBusy } from './busy-wait.ts'
import { refuseLinkedDatabase } from './open-checks.ts'

/**
 * Prepares the files before SQLite opens them. Only its owner may read and write a new database. In a directory that a
 * group shares, a new database is created for the group, and a database that this user owns is given to the group.
 *
 * Call it only while no connection of this process has the database open.
 *
 * @throws {DatabaseLinkedError} if the database or its log is a link.
 * @throws {DatabaseOpenError} if the files cannot be inspected or created. If this user cannot write them, the reason is
 * `read-only` or `read-only-filesystem`: SQLite would open them without an error, and every write would fail later.
 */
export function prepareDatabaseFile(path: string): void {
  try {
    refuseLinkedDatabase(path)
    const group = sharingGroupIn(dirname(path))
    // SQLite would create it with the permissions that the umask leaves, which usually lets every user read it.
    if (!existsSync(path)) createFile(path, group)
    if (group !== undefined) shareFiles(path, group)
  } catch (error) {
    throw error instanceof DataDirError ? error : new DatabaseOpenError(path, error)
  }
  const failure = accessFailureOf(filesOf(path))
  if (!failure) return
  const cause = Object.assign(new Error(failure.what), { code: failure.code })
  throw new DatabaseOpenError(path, cause, { failure })
}

/**
 * Gives the files that SQLite created to the group that shares the directory. SQLite gives them the permissions of the
 * database, with any umask. The directory's setgid bit decides about their group, and may be missing.
 *
 * @throws the system's error if the directory cannot be inspected.
 */
export function shareCompanions(connection: Database, path: string): void {
  const group = sharingGroupIn(dirname(path))
  if (group === undefined) return
  // The first read creates the log: sqlite.org/wal.html.
  connection.prepare('select 1 from sqlite_master').get()
  shareFiles(path, group)
}

function shareFiles(path: string, group: number): void {
  for (const file of filesOf(path)) shareFile(file, group)
}

/**
 * Asks SQLite whether the connection can write, because the permissions do not show every reason. Nothing is written.
 *
 * @throws SQLite's error `SQLITE_READONLY`.
 */
export function refuseReadonlyConnection(connection: Database): void {
  try {
    connection.exec('begin immediate')
    connection.exec('rollback')
  } catch (error) {
    // Another program writes, so the file can be written.
    if (!isBusy(error)) throw error
  }
}
