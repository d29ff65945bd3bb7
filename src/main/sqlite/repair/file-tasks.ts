import { copyBeside, finishBackup } from '../backup/backup.ts'
import { newestGoodBackup } from '../backup/backup-folder.ts'
import { sealBackup } from '../backup/check-backup.ts'
import { countForeignKeyFaults, findDamage } from '../damage/find-damage.ts'
import { rebuildIndexes } from './rebuild-indexes.ts'
import { restoreNewest } from './restore.ts'
import { setAllAside, setLogAside } from './set-aside.ts'

const tasks = {
  seal: sealBackup,
  finish: finishBackup,
  copy: copyBeside,
  newest: newestGoodBackup,
  restore: (databasePath: string, backupPath?: string) => restoreNewest(databasePath, backupPath),
  sort: findDamage,
  rebuild: rebuildIndexes,
  foreignKeyFaults: countForeignKeyFaults,
  setLogAside,
  setAllAside,
}

type Tasks = typeof tasks

/** Work on files that takes as long as reading or copying a database. It would block a thread that others wait for. */
export type FileTasks = {
  readonly [Name in keyof Tasks]: (
    ...args: Parameters<Tasks[Name]>
  ) => Promise<Awaited<ReturnType<Tasks[Name]>>>
}

/** The tasks on the caller's own thread. */
export const inlineFileTasks = Object.fromEntries(
  Object.entries(tasks).map(([name, run]) => [
    name,
    async (...args: unknown[]) => (run as (...args: unknown[]) => unknown)(...args),
  ]),
) as unknown as FileTasks

/** The task that a thread is started for, and its arguments. */
export interface FileTask {
  readonly fileTask: keyof FileTasks
  readonly args: readonly unknown[]
}
