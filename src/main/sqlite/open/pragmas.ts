import type { Database } from 'better-sqlite3'
import { busySlice } from './busy-wait.ts'

/**
 * The pragmas of the writer, in this order.
 *
 * - `page_size` (bytes) comes before `journal_mode`: it cannot be changed in WAL mode
 *   (sqlite.org/pragma.html#pragma_page_size).
 * - `journal_mode = WAL`: readers and the writer do not wait for each other (sqlite.org/wal.html).
 * - `synchronous = NORMAL`: cannot corrupt a database in WAL mode; a power cut may lose the last commits. In any other
 *   mode a power cut could corrupt it, hence `FULL` there (sqlite.org/pragma.html#pragma_synchronous).
 * - `wal_autocheckpoint = 0`: a commit does no checkpoint, because each checkpoint is recorded before and after it.
 *   Housekeeping does them instead (sqlite.org/pragma.html#pragma_wal_autocheckpoint).
 * - `busy_timeout` in milliseconds (sqlite.org/pragma.html#pragma_busy_timeout): `Session` makes it longer. While the
 *   database is opened, another timeout applies.
 * - `foreign_keys`: SQLite enforces them only if they are switched on (sqlite.org/foreignkeys.html#fk_enable).
 * - `trusted_schema = OFF`, `cell_size_check = ON`: sqlite.org/security.html recommends them for a database file that may
 *   come from another source.
 * - `cache_size`, negative: KiB (sqlite.org/pragma.html#pragma_cache_size).
 */
const writerPragmas = [
  'wal_autocheckpoint = 0',
  `busy_timeout = ${busySlice}`,
  'foreign_keys = ON',
  'cell_size_check = ON',
  'cache_size = -8000',
] as const

/** A reader changes nothing about the file. SQLite refuses its writes (sqlite.org/pragma.html#pragma_query_only). */
const readerPragmas = [
  `busy_timeout = ${busySlice}`,
  'query_only = ON',
  'cell_size_check = ON',
  'cache_size = -8000',
] as const

/**
 * Sets the pragmas of the connection that may write.
 *
 * @throws better-sqlite3's SqliteError, for example if the database cannot be switched to WAL.
 */
export function applyWriterPragmas(
  connection: Database,
  trustedSchema: boolean,
  journalMode: 'WAL' | 'DELETE' = 'WAL',
): void {
  connection.pragma('page_size = 4096')
  connection.pragma(`journal_mode = ${journalMode}`)
  // SQLite may stay in another mode without an error.
  connection.pragma(`synchronous = ${hasWal(connection) ? 'NORMAL' : 'FULL'}`)
  for (const pragma of [...writerPragmas, trust(trustedSchema)]) connection.pragma(pragma)
}

/** Whether a connection uses a write-ahead log. Without one, a database has one connection only. */
export function hasWal(connection: Database): boolean {
  return connection.pragma('journal_mode', { simple: true }) === 'wal'
}

/** Sets the pragmas of a connection that was opened read-only. */
export function applyReaderPragmas(connection: Database, trustedSchema: boolean): void {
  for (const pragma of [...readerPragmas, trust(trustedSchema)]) connection.pragma(pragma)
}

function trust(trustedSchema: boolean): string {
  return `trusted_schema = ${trustedSchema ? 'ON' : 'OFF'}`
}
