import type { Database } from 'better-sqlite3'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'
import { examine, quickCheck } from '../damage/find-damage.ts'
import { isCorruption } from '../errors/causes.ts'
import { syncFile } from '../files/fsync.ts'
import { refuseNewerDatabase } from '../open/open-checks.ts'

/** What is known about a backup that was made. */
export interface BackupResult {
  /**
   * `index`: indexes of the database are damaged, and they are so in the backup. Every row is in the backup. A database
   * that is restored from it needs its indexes rebuilt.
   */
  readonly damage: 'index' | undefined
}

/**
 * Makes a copied database a file of its own, without `-wal` and `-shm`, checks it and waits until it is on the disk:
 * it can then be opened from a disk that cannot be written, and copied like any other file.
 *
 * @throws better-sqlite3's SqliteError; its code is `SQLITE_CORRUPT` where the copy does not pass `quick_check`
 * (sqlite.org/pragma.html#pragma_quick_check), unless only indexes are damaged.
 */
export function sealBackup(path: string): BackupResult {
  const copy = new (betterSqlite3())(path, { fileMustExist: true })
  try {
    // Its folder may be on a filesystem without shared memory: sqlite.org/wal.html#noshm.
    copy.pragma('locking_mode = exclusive')
    copy.pragma('journal_mode = delete')
    const damage = damageOf(copy)
    syncFile(path)
    return { damage }
  } finally {
    copy.close()
  }
}

/** @throws better-sqlite3's SqliteError if more than indexes is damaged. */
function damageOf(copy: Database): BackupResult['damage'] {
  try {
    quickCheck(copy)
    return undefined
  } catch (error) {
    if (isCorruption(error) && examine(copy).damage === 'index') return 'index'
    throw error
  }
}

/** What a backup must be good for. */
export interface BackupDemands {
  readonly migrations?: readonly string[] | undefined
  readonly mayNeedRebuild?: boolean
}

/**
 * Whether a backup can be relied on: it opens and passes `quick_check`. Only reads.
 *
 * @param demands.migrations the names of the migrations that the app has. A backup that has gone through another one does
 * not count. Default: that does not matter.
 * @param demands.mayNeedRebuild also accepts a backup in which only indexes are damaged.
 * @throws {NativeModuleError} which says nothing about the backup.
 */
export function isGoodBackup(
  path: string,
  { migrations, mayNeedRebuild = false }: BackupDemands = {},
): boolean {
  const SqliteDatabase = betterSqlite3()
  try {
    const backup = new SqliteDatabase(path, { readonly: true, fileMustExist: true })
    try {
      // An empty file passes every check, but is nobody's backup.
      const pages = backup.pragma('page_count', { simple: true }) as number
      if (pages === 0) return false
      // First, since it takes no time.
      if (migrations) refuseNewerDatabase(backup, path, migrations)
      return damageOf(backup) === undefined || mayNeedRebuild
    } finally {
      backup.close()
    }
  } catch {
    // Whatever keeps it from being opened or read makes it no good as a backup.
    return false
  }
}
