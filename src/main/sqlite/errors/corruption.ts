import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'

/**
 * Whether an error is SQLite's report of damage: sqlite.org/rescode.html#corrupt. FTS5 has no code for a table whose
 * settings are lost.
 */
export function isCorruption(error: unknown): error is Error & { readonly code: string } {
  if (!(error instanceof betterSqlite3().SqliteError)) return false
  return /^SQLITE_(CORRUPT|NOTADB)/.test(error.code) || error.message.startsWith('invalid fts5 file format')
}

/** @param words what is damaged, in SQLite's own words. */
export function corruption(words: string): Error {
  return new (betterSqlite3().SqliteError)(words, 'SQLITE_CORRUPT')
}
