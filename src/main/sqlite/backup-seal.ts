import { rmSync } from 'node:fs'
import { betterSqlite3 } from '../native/better-sqlite3.ts'
import { syncFile } from './backup-files.ts'
import { quickCheck } from './damaged-check.ts'

/**
 * Makes a copied database a file of its own, without `-wal` and `-shm`, checks it and waits until it is on the disk:
 * it can then be opened from a disk that cannot be written, and copied like any other file.
 *
 * @throws better-sqlite3's SqliteError; its code is `SQLITE_CORRUPT` where the copy does not pass `quick_check`
 * (sqlite.org/pragma.html#pragma_quick_check).
 */
export function sealBackup(path: string): void {
  const copy = new (betterSqlite3())(path, { fileMustExist: true })
  try {
    // Its folder may be on a filesystem without shared memory: sqlite.org/wal.html#noshm.
    copy.pragma('locking_mode = exclusive')
    copy.pragma('journal_mode = delete')
    quickCheck(copy)
  } finally {
    copy.close()
  }
  syncFile(path)
}

/**
 * Whether a backup can be relied on: it opens and passes `quick_check`. Only reads.
 *
 * @throws {NativeModuleError} which says nothing about the backup.
 */
export function isGoodBackup(path: string): boolean {
  const SqliteDatabase = betterSqlite3()
  try {
    const backup = new SqliteDatabase(path, { readonly: true, fileMustExist: true })
    try {
      // An empty file passes every check, but is nobody's backup.
      const pages = backup.pragma('page_count', { simple: true }) as number
      if (pages === 0) return false
      quickCheck(backup)
      return true
    } finally {
      backup.close()
    }
  } catch {
    // Whatever keeps it from being opened or read makes it no good as a backup.
    return false
  }
}

/** Removes what is left of a copy that did not become a backup. */
export function removePartialBackup(path: string): void {
  for (const file of [path, `${path}-journal`, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true })
}
