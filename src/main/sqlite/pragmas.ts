import type { Database } from 'better-sqlite3'

/**
 * What every connection sets, in this order. `page_size` stands before `journal_mode`, since the page size of a
 * database cannot be changed once it is in WAL mode (sqlite.org/pragma.html#pragma_page_size).
 *
 * Units: `page_size` bytes, a negative `cache_size` KiB, `busy_timeout` milliseconds. In WAL mode
 * `synchronous = NORMAL` cannot corrupt the database; a power cut may lose the last commits
 * (sqlite.org/pragma.html#pragma_synchronous).
 */
const pragmas = [
  'foreign_keys = ON',
  'page_size = 4096',
  'journal_mode = WAL',
  'cache_size = -8000',
  'synchronous = NORMAL',
  'busy_timeout = 30000',
] as const

/**
 * Sets the pragmas of a connection that may write.
 *
 * @throws better-sqlite3's SqliteError, for instance where the database cannot be switched to WAL.
 */
export function applyPragmas(connection: Database): void {
  for (const pragma of pragmas) connection.pragma(pragma)
}
