import { removeCheckMark } from '../files/check-mark.ts'
import { rebuildInCopy } from './rebuild-in-copy.ts'
import { rebuildInPlace } from './rebuild-in-place.ts'

/**
 * Makes the damaged indexes of a database again from its rows: `reindex` (sqlite.org/lang_reindex.html), and `rebuild`
 * for full-text tables (sqlite.org/fts5.html#the_rebuild_command). The database is checked again before anything is
 * committed.
 *
 * `reindex` and `rebuild` empty the old index first, and fail if its pages are damaged. They are then done in a copy
 * that takes the place of the database, which is set aside as `NAME.db.damaged-TIME`. The same is done if an index
 * contradicts the rows, because the index may be right.
 *
 * The caller holds the lock and has no connection to the database.
 *
 * @throws better-sqlite3's SqliteError: its code is `SQLITE_CORRUPT` if more than indexes is damaged. The database is
 * unchanged then.
 * @throws Node's error of a filesystem that is full or cannot be written. The database is in its place then.
 */
export function rebuildIndexes(databasePath: string, now: Date = new Date()): void {
  const findings = rebuildInPlace(databasePath)
  if (findings) rebuildInCopy(databasePath, findings, now)
  removeCheckMark(databasePath)
}
