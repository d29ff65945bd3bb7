import type { Database } from 'better-sqlite3'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'
import { examine, quickCheck } from '../damage/find-damage.ts'
import { isCorruption } from '../errors/causes.ts'
import { ConnectionSetupError } from '../errors/setup-errors.ts'
import type { Backup } from '../files/backup-files.ts'
import { syncFile } from '../files/fsync.ts'
import { Connector } from '../open/connector.ts'
import { refuseNewerDatabase } from '../open/open-checks.ts'
import { withConnection } from '../open/with-connection.ts'
import { listRestorable } from './backup-folder.ts'

/** The result of a backup that was made. */
export interface BackupResult {
  /**
   * `index`: indexes of the database are damaged, also in the backup. Every row is in the backup. A database that is
   * restored from it needs its indexes rebuilt.
   */
  readonly damage: 'index' | undefined
}

/**
 * Turns a copied database into one file without `-wal` and `-shm`, checks it and waits until it is on the disk. The file
 * can then be opened on a disk that cannot be written, and copied like any other file.
 *
 * @throws better-sqlite3's SqliteError. Its code is `SQLITE_CORRUPT` if the copy does not pass `quick_check`
 * (sqlite.org/pragma.html#pragma_quick_check), unless only indexes are damaged.
 */
export function sealBackup(path: string, connector = Connector.plain): BackupResult {
  return withConnection(connector, path, {}, (copy) => {
    // Its folder may be on a filesystem without shared memory: sqlite.org/wal.html#noshm.
    copy.pragma('locking_mode = exclusive')
    copy.pragma('journal_mode = delete')
    const damage = damageOf(copy)
    syncFile(path)
    return { damage }
  })
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

/** What a backup must allow. */
export interface BackupDemands {
  readonly migrations?: readonly string[] | undefined
  readonly mayNeedRebuild?: boolean
}

/**
 * Whether a backup is good: it opens and passes `quick_check`. Only reads.
 *
 * @param demands.migrations the names of the migrations that the app has. A backup with another migration is not good.
 * Default: migrations do not matter.
 * @param demands.mayNeedRebuild also accepts a backup in which only indexes are damaged.
 * @throws {NativeModuleError} if better-sqlite3 cannot be loaded.
 * @throws {ConnectionSetupError} if a connection cannot be set up.
 */
export function isGoodBackup(
  path: string,
  { migrations, mayNeedRebuild = false }: BackupDemands = {},
  connector = Connector.plain,
): boolean {
  // Without the module, nothing is known about the backup.
  betterSqlite3(connector.setup.driver)
  const isGood = (backup: Database) => {
    // An empty file passes every check, but is no backup.
    if (backup.pragma('page_count', { simple: true }) === 0) return false
    // First, because it takes no time.
    if (migrations) refuseNewerDatabase(backup, path, migrations)
    return damageOf(backup) === undefined || mayNeedRebuild
  }
  try {
    return withConnection(connector, path, { readonly: true }, isGood)
  } catch (error) {
    // It says nothing about the backup.
    if (error instanceof ConnectionSetupError) throw error
    // A backup that cannot be opened or read is not good.
    return false
  }
}

/**
 * The newest backup or rescued database that passes `quick_check` and that the app can open. If there is none, the newest
 * one in which only indexes are damaged. Only reads.
 *
 * @param migrations the names of the migrations that the app has. A backup with another migration is from a newer version
 * of the app. Default: migrations do not matter.
 */
export function newestGoodBackup(
  databasePath: string,
  migrations?: readonly string[],
  connector = Connector.plain,
): Backup | undefined {
  const backups = listRestorable(databasePath)
  return (
    backups.find(
      ({ path, isIndexDamaged }) => !isIndexDamaged && isGoodBackup(path, { migrations }, connector),
    ) ?? backups.find(({ path }) => isGoodBackup(path, { migrations, mayNeedRebuild: true }, connector))
  )
}
