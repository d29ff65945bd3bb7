import { rmSync, statSync } from 'node:fs'
import type { BackupKind } from '../files/backup-names.ts'
import { listBackups } from './backup-folder.ts'

/**
 * How many backups of one kind are kept: their number, or an object that may also limit their bytes. `count` defaults
 * to 3 and `bytes` to no limit. The newest backup is always kept, even if it has more bytes. With a count of 0, no
 * backup is made.
 */
export type KeepBackups = number | { readonly count?: number; readonly bytes?: number }

const defaultCount = 3

/** How many backups are kept, with the defaults filled in. */
export function keptCount(keep: KeepBackups | undefined): number {
  return (typeof keep === 'number' ? keep : keep?.count) ?? defaultCount
}

/**
 * Removes the oldest backups of one kind, so that no more are left than are to be kept. The newest one always stays,
 * by the numbers in the names: a wrong clock must not make the backup that was just made the oldest one.
 */
export function pruneBackups(databasePath: string, keep: KeepBackups | undefined, kind: BackupKind): void {
  const bytesAtMost = (typeof keep === 'object' ? keep.bytes : undefined) ?? Infinity
  const backups = listBackups(databasePath).filter((backup) => backup.kind === kind)
  let bytes = 0
  for (const [index, { path }] of backups.entries()) {
    bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (index > 0 && (index >= keptCount(keep) || bytes > bytesAtMost)) rmSync(path, { force: true })
  }
}
