import type { Database } from 'better-sqlite3'
import { corruption, isCorruption } from '../errors/corruption.ts'
import { examine } from './examine-damage.ts'

/**
 * Checks every page of a database, which takes about as long as reading the file.
 *
 * @throws better-sqlite3's SqliteError with code `SQLITE_CORRUPT` and SQLite's own words, when it does not pass
 * `quick_check` (sqlite.org/pragma.html#pragma_quick_check).
 */
export function quickCheck(connection: Database): void {
  let verdict: unknown
  try {
    verdict = connection.pragma('quick_check(1)', { simple: true })
  } catch (error) {
    throw isCorruption(error) ? corruption(error.message) : error
  }
  if (verdict !== 'ok') throw corruption(String(verdict))
}

/**
 * Checks every page of a database, and every entry of its indexes.
 *
 * @throws better-sqlite3's SqliteError with code `SQLITE_CORRUPT` and SQLite's own words, when it does not pass
 * `integrity_check` (sqlite.org/pragma.html#pragma_integrity_check), or when a full-text index has rows that its table
 * does not have.
 */
export function fullCheck(connection: Database): void {
  const { damage, words } = examine(connection)
  if (damage !== 'none') throw corruption(words)
}
