import { copyBeside, finishBackup } from '../backup/backup.ts'
import { newestGoodBackup } from '../backup/backup-folder.ts'
import { type BackupResult, sealBackup } from '../backup/check-backup.ts'
import { type Findings, sortDamage } from '../damage/find-damage.ts'
import { committedForeignKeyFaults } from '../damage/foreign-key-faults.ts'
import type { Backup } from '../files/backup-files.ts'
import { rebuildIndexes } from './rebuild-indexes.ts'
import { type Restored, restoreNewest } from './restore.ts'
import { setAllAside, setLogAside } from './set-aside.ts'

/** Work on files that takes as long as reading or copying a database: nothing for a thread that others wait for. */
export interface BackupTasks {
  /** {@link sealBackup} */
  seal(path: string): Promise<BackupResult>
  /** {@link finishBackup} */
  finish(partial: string, to: string): Promise<BackupResult>
  /** {@link copyBeside} */
  copy(
    databasePath: string,
    to: string,
    fileId: string | undefined,
    signal: AbortSignal,
  ): Promise<BackupResult>
  /** {@link newestGoodBackup} */
  newest(databasePath: string, migrations?: readonly string[]): Promise<Backup | undefined>
  /** {@link restoreNewest} */
  restore(databasePath: string, backupPath?: string): Promise<Restored>
  /** {@link sortDamage} */
  sort(databasePath: string): Promise<Findings['damage']>
  /** {@link rebuildIndexes} */
  rebuild(databasePath: string): Promise<void>
  /** {@link committedForeignKeyFaults} */
  foreignKeyFaults(
    databasePath: string,
    tables: readonly string[],
    fileId: string | undefined,
  ): Promise<number>
  /** {@link setLogAside} */
  setLogAside(databasePath: string): Promise<void>
  /** {@link setAllAside} */
  setAllAside(databasePath: string): Promise<void>
}

/** The tasks on the caller's own thread. */
export const inlineBackupTasks: BackupTasks = {
  seal: async (path) => sealBackup(path),
  finish: async (partial, to) => finishBackup(partial, to),
  copy: copyBeside,
  newest: async (databasePath, migrations) => newestGoodBackup(databasePath, migrations),
  restore: async (databasePath, backupPath) => restoreNewest(databasePath, backupPath),
  sort: async (databasePath) => sortDamage(databasePath),
  rebuild: async (databasePath) => rebuildIndexes(databasePath),
  foreignKeyFaults: async (databasePath, tables, fileId) =>
    committedForeignKeyFaults(databasePath, tables, fileId),
  setLogAside: async (databasePath) => setLogAside(databasePath),
  setAllAside: async (databasePath) => setAllAside(databasePath),
}

/** Which task a thread was started for, and its arguments. */
export interface BackupTask {
  readonly backupTask: keyof BackupTasks
  readonly args: readonly unknown[]
}
