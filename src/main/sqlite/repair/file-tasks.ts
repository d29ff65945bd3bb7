import type { ConnectionSetup } from '../../runtime/connection-setup.ts'
import { copyBeside, copyEncryptedBeside, finishBackup } from '../backup/backup.ts'
import { newestGoodBackup, sealBackup } from '../backup/check-backup.ts'
import { countForeignKeyFaults, findDamage } from '../damage/find-damage.ts'
import type { Connector } from '../open/connector.ts'
import { rebuildIndexes } from './rebuild-indexes.ts'
import { restoreNewest } from './restore.ts'
import { setAllAside, setLogAside } from './set-aside.ts'

// Each opens its connections with the connector: otherwise an encrypted database would look damaged to it.
const tasksWith = (connector: Connector) => ({
  seal: (partial: string) => sealBackup(partial, connector),
  finish: (partial: string, to: string) => finishBackup(partial, to, connector),
  copy: (path: string, to: string, fileId: string | undefined, signal: AbortSignal) =>
    copyBeside(path, to, fileId, signal, connector),
  copyEncrypted: (path: string, to: string, fileId: string | undefined) =>
    copyEncryptedBeside(path, to, fileId, connector),
  newest: (path: string, migrations?: readonly string[]) => newestGoodBackup(path, migrations, connector),
  restore: (path: string, backupPath?: string) => restoreNewest(path, backupPath, new Date(), connector),
  sort: (path: string) => findDamage(path, connector),
  rebuild: (path: string) => rebuildIndexes(path, connector),
  foreignKeyFaults: (path: string, tables: readonly string[], fileId: string | undefined) =>
    countForeignKeyFaults(path, tables, fileId, connector),
  setLogAside,
  setAllAside,
})

type Tasks = ReturnType<typeof tasksWith>

/** Work on files that takes as long as reading or copying a database. It would block a thread that others wait for. */
export type FileTasks = {
  readonly [Name in keyof Tasks]: (
    ...args: Parameters<Tasks[Name]>
  ) => Promise<Awaited<ReturnType<Tasks[Name]>>>
}

/** The tasks on the caller's own thread. */
export function inlineFileTasks(connector: Connector): FileTasks {
  return Object.fromEntries(
    Object.entries(tasksWith(connector)).map(([name, run]) => [
      name,
      async (...args: unknown[]) => (run as (...args: unknown[]) => unknown)(...args),
    ]),
  ) as unknown as FileTasks
}

/** The task that a thread is started for, and its arguments. */
export interface FileTask {
  readonly fileTask: keyof FileTasks
  readonly args: readonly unknown[]
  /** How its connections are opened. */
  readonly setup: ConnectionSetup
}
