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
 * Prepares the files before SQLite opens them. In a directory that a group shares, a new database is created for the
 * group, and one that this user owns is given to it.
 *
 * Call it only while no connection of this process has the database open.
 *
 * @throws {DatabaseLinkedError} if the database or its log is a link.
 * @throws {DatabaseOpenError} if the files cannot be looked at or created.
 */
export function prepareDatabaseFile(path: string): void {
  try {
    refuseLinkedDatabase(path)
    const group = sharingGroupIn(dirname(path))
    if (group === undefined) return
    if (!existsSync(path)) createFile(path, group)
    share(path, group)
  } catch (error) {
    throw error instanceof DataDirError ? error : new DatabaseOpenError(path, error as Error)
  }
}

/**
 * Gives the files that SQLite created on opening a database to the group that shares the directory. SQLite gives them the permissions of the database,
 * whatever the umask is. It leaves the group to the directory's setgid bit, which may be missing.
 *
 * @throws the system's error if the directory cannot be looked at.
 */
export function shareCompanions(connection: Database, path: string): void {
  const group = sharingGroupIn(dirname(path))
  if (group === undefined) return
  // The log is created by the first read: sqlite.org/wal.html.
  connection.prepare('select 1 from sqlite_master').get()
  share(path, group)
}

function share(path: string, group: number): void {
  for (const companion of ['', '-wal', '-shm', '-journal']) shareFile(path + companion, group)
}

/**
 * Refuses a database that this user cannot write. SQLite would open it without a word, and every write would fail later.
 * Nothing is opened or changed.
 *
 * @throws {DatabaseOpenError} with the reason `read-only` or `read-only-filesystem`.
 */
export function refuseUnwritableFiles(path: string): void {
  const failure = accessFailureOf(filesOf(path))
  if (!failure) return
  const cause = Object.assign(new Error(failure.what), { code: failure.code })
  throw new DatabaseOpenError(path, cause, { failure })
}

/**
 * Asks SQLite whether the connection can write, for what the permissions do not show. Nothing is written.
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
