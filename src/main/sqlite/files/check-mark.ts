import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { attempt } from '../../../shared/attempt.ts'

/** The end of the mark's name, after the name of the database. */
export const markSuffix = '-check'

/**
 * Creates a file next to a database that was found damaged while it was in use. The next open then runs the full check.
 * The file has the time and SQLite's message.
 *
 * The query has already failed, and the app must get the error of the query. So an error that occurs here is ignored.
 */
export function markForCheck(
  databasePath: string,
  { code, message }: { code: string; message: string },
): void {
  const text = `${new Date().toISOString()} ${code}: ${message}\n`
  attempt(() => writeFileSync(databasePath + markSuffix, text, { flag: 'wx', mode: 0o600 }))
}

/** Whether a database was found damaged and has passed no full check since then. */
export function isMarkedForCheck(databasePath: string): boolean {
  return existsSync(databasePath + markSuffix)
}

/** Removes the mark after a full check that passed. If that fails, the next open runs the check again. */
export function removeCheckMark(databasePath: string): void {
  attempt(() => rmSync(databasePath + markSuffix, { force: true }))
}
