import type { Database } from 'better-sqlite3'
import { accessFailureOf } from '../../directory/errors.ts'
import { filesOf } from '../errors/failure-facts.ts'
import { DatabaseOpenError } from '../errors/open-errors.ts'
import { isBusy } from './busy-wait.ts'

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
