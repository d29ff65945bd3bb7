import { type Kysely, sql } from 'kysely'
import { markIndexDamaged, newBackupPath, pruneBackups, removePartialBackups } from './backup-folder.ts'
import type { BackupResult } from './backup-seal.ts'
import { corruption } from './corruption.ts'
import { NotADatabaseError } from './errors.ts'

/** How many backups are kept where the app says nothing. */
export const defaultKeptBackups = 3

/**
 * Makes the backup that precedes a migration, then removes the oldest ones.
 *
 * A database without tables gets none: it is new, or nothing was ever put into it.
 *
 * @param backUp makes a verified backup at a path; only once it has returned are older ones removed.
 * @param keep how many there are at most afterwards; with 0 none is made and none removed.
 * @returns the backup's path, or undefined where none was made.
 * @throws {NotADatabaseError} if indexes are damaged, because a migration would fail at them. The backup is made and is
 * marked by its name.
 */
export async function backUpBeforeMigration<Schema>(
  db: Kysely<Schema>,
  databasePath: string,
  migration: string,
  backUp: (to: string) => Promise<BackupResult>,
  keep: number = defaultKeptBackups,
): Promise<string | undefined> {
  if (keep === 0 || (await isEmpty(db))) return undefined
  removePartialBackups(databasePath)
  const path = newBackupPath(databasePath, migration)
  const { damage } = await backUp(path)
  if (damage) {
    const marked = markIndexDamaged(databasePath, path)
    const cause = corruption(`the backup ${marked} has the damaged index too`)
    throw new NotADatabaseError(databasePath, cause, undefined, true)
  }
  removeOldBackups(databasePath, keep)
  return path
}

function removeOldBackups(databasePath: string, keep: number): void {
  try {
    pruneBackups(databasePath, keep)
  } catch {
    // One backup too many is no reason not to open; the next migration tries again.
  }
}

async function isEmpty<Schema>(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql`select 1 from sqlite_master limit 1`.execute(db)
  return rows.length === 0
}
