import { rmSync, writeFileSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { attempt } from '../../../shared/attempt.ts'
import { createFile } from '../../directory/file-mode.ts'
import { isSqliteError } from '../../runtime/better-sqlite3.ts'
import { DatabaseKeyError } from '../errors/setup-errors.ts'
import { newPartialPath } from '../files/backup-files.ts'
import { readCheckpointRecord } from '../files/checkpoint-record.ts'
import { DatabaseFiles } from '../files/database-files.ts'
import { looksEncrypted, mayBeDatabase, readAt, readHeader } from '../files/file-format.ts'
import type { Connector } from './connector.ts'

/** What the first page of an encrypted database contains. */
interface Decrypted {
  readonly isInWalMode: boolean
}

/**
 * Checks that the key fits a database that no connection of this process has open. SQLite must not open the database
 * and its log before this check. If SQLite cannot read a file as a database, it removes the log, with every commit in
 * it, when it closes the file.
 *
 * @returns undefined if the database is not encrypted.
 * @throws {DatabaseKeyError} Nothing was changed.
 */
export function refuseWrongKey(connector: Connector, files: DatabaseFiles): Decrypted | undefined {
  const { path, database } = files
  const isPlain = readHeader(database) !== undefined
  if (!mayBeDatabase(database)) return undefined
  if (isPlain && connector.hasKey) throw new DatabaseKeyError(path, 'not-encrypted')
  if (isPlain) return undefined
  if (connector.hasKey) return readFirstPage(connector, files)
  const { isEncrypted } = readCheckpointRecord(path)?.database ?? { isEncrypted: looksEncrypted(database) }
  if (isEncrypted) throw new DatabaseKeyError(path, 'missing')
  return undefined
}

/** As {@link refuseWrongKey} does, for a file by its path. */
export function refuseWrongKeyAt(connector: Connector, path: string): void {
  const files = DatabaseFiles.open(path, connector.hasKey)
  try {
    if (files) refuseWrongKey(connector, files)
  } finally {
    files?.close()
  }
}

// A page of a database has at most so many bytes: sqlite.org/fileformat2.html#pages.
const largestPageBytes = 65_536

/** SQLite reads a copy of the first page, so that it opens neither the database nor its log. */
function readFirstPage(connector: Connector, { path, database }: DatabaseFiles): Decrypted {
  const copy = newPartialPath(path)
  let connection: Database | undefined
  try {
    createFile(copy, undefined)
    writeFileSync(copy, readAt(database, 0, largestPageBytes))
    connection = connector.openAsItIs(copy)
    // Otherwise SQLite refuses a file that has fewer pages than its first page says.
    connection.unsafeMode(true)
    connection.pragma('writable_schema = ON')
    connection.prepare('select 1 from sqlite_schema limit 1').get()
    return { isInWalMode: connection.pragma('journal_mode', { simple: true }) === 'wal' }
  } catch (error) {
    if (isSqliteError(error) && error.code === 'SQLITE_NOTADB') throw new DatabaseKeyError(path, 'wrong')
    throw error
  } finally {
    connection?.close()
    for (const suffix of ['', '-wal', '-shm', '-journal'])
      attempt(() => rmSync(copy + suffix, { force: true }))
  }
}
