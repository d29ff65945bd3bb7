import { type Backup, newestGoodBackup } from './backup-folder.ts'
import { sealBackup } from './backup-seal.ts'
import { type Restored, restoreNewest } from './restore.ts'

/** Work on files that takes as long as reading or copying a database: nothing for a thread that others wait for. */
export interface BackupTasks {
  /** {@link sealBackup} */
  seal(path: string): Promise<void>
  /** {@link newestGoodBackup} */
  newest(databasePath: string): Promise<Backup | undefined>
  /** {@link restoreNewest} */
  restore(databasePath: string): Promise<Restored>
}

/** The tasks on the caller's own thread. */
export const inlineBackupTasks: BackupTasks = {
  seal: async (path) => sealBackup(path),
  newest: async (databasePath) => newestGoodBackup(databasePath),
  restore: async (databasePath) => restoreNewest(databasePath),
}

/** Which task a thread was started for. */
export interface BackupTask {
  readonly backupTask: keyof BackupTasks
  readonly path: string
}
