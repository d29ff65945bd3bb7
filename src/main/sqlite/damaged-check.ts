import SqliteDatabase, { type Database } from 'better-sqlite3'

/**
 * Checks every page of a database, which takes about as long as reading the file.
 *
 * @throws better-sqlite3's SqliteError with code `SQLITE_CORRUPT` and SQLite's own words, when it does not pass
 * `quick_check` (sqlite.org/pragma.html#pragma_quick_check).
 */
export function quickCheck(connection: Database): void {
  const verdict = connection.pragma('quick_check(1)', { simple: true })
  if (verdict !== 'ok') throw new SqliteDatabase.SqliteError(String(verdict), 'SQLITE_CORRUPT')
}
