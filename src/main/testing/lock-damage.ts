import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { defaultName, lockPathIn } from '../directory/names.ts'

/** The place of a lock. A {@link HolderProcess} can be used as one. */
export interface LockPlace {
  /** The data directory. */
  readonly dir: string
  /** The data directory's name. Default `app`. */
  readonly name?: string
}

/** Removes the lock file, as a cleaning program or a user might. Does nothing if there is no such file. */
export function unlinkLockFile({ dir, name = defaultName }: LockPlace): void {
  rmSync(lockPathIn(dir, name), { force: true })
}

/** Replaces the lock file by renaming an empty file over it, as a sync client or a restored backup does. */
export function replaceLockFile({ dir, name = defaultName }: LockPlace): void {
  const path = lockPathIn(dir, name)
  writeFileSync(`${path}.other`, '', { mode: 0o600 })
  renameSync(`${path}.other`, path)
}
