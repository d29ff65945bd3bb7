import { betterSqlite3 } from '../native/better-sqlite3.ts'

/** Whether an error is SQLite's report of damage: sqlite.org/rescode.html#corrupt. */
export function isCorruption(error: unknown): error is Error & { readonly code: string } {
  return error instanceof betterSqlite3().SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)
}

/** @param words what is damaged, in SQLite's own words. */
export function corruption(words: string): Error {
  return new (betterSqlite3().SqliteError)(words, 'SQLITE_CORRUPT')
}
