import { existsSync, rmSync, writeFileSync } from 'node:fs'

/** What the name of the mark adds to the name of the database. */
export const markSuffix = '-check'

/**
 * Leaves a file next to a database that was found damaged while it was in use. The next open runs the full check. The
 * file holds the time and SQLite's words.
 *
 * The query has failed already, and its error is the one to report: a full disk or a directory that cannot be written
 * changes nothing about it.
 */
export function markForCheck(
  databasePath: string,
  { code, message }: { code: string; message: string },
): void {
  try {
    const text = `${new Date().toISOString()} ${code}: ${message}\n`
    writeFileSync(databasePath + markSuffix, text, { flag: 'wx', mode: 0o600 })
  } catch {
    // See above.
  }
}

/** Whether a database was found damaged and has passed no full check since then. */
export function isMarkedForCheck(databasePath: string): boolean {
  return existsSync(databasePath + markSuffix)
}

/** Removes the mark, after a full check that passed. If that fails, the next open runs the check again. */
export function removeCheckMark(databasePath: string): void {
  try {
    rmSync(databasePath + markSuffix, { force: true })
  } catch {
    // See above.
  }
}
