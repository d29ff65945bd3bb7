import type { Backup } from './backup-folder.ts'
import type { BackupTasks } from './backup-task.ts'
import { throwIfCanceled } from './canceled.ts'
import { NotADatabaseError } from './errors.ts'

/** A database that cannot be opened because it is damaged, or is none, and what could be put in its place. */
export interface Damage {
  /** The file that cannot be opened. */
  readonly databasePath: string
  /** What SQLite said of it. */
  readonly cause: unknown
  /** The newest backup that passes `quick_check`. */
  readonly newestBackup: Backup
}

/** `keep` leaves the file as it is and the open fails; `restore` sets it aside and opens a copy of the backup. */
export type DamageChoice = 'keep' | 'restore'

/** What becomes of a damaged database of which there is a good backup. */
export type OnDamaged = DamageChoice | ((damage: Damage) => DamageChoice | Promise<DamageChoice>)

/**
 * Opens a database and, where it is damaged and the choice is to restore, opens it once more after restoring.
 *
 * @param open leaves no connection behind when it throws.
 * @throws {NotADatabaseError} naming the newest good backup, where there is one.
 * @throws {MigrationAbortedError} when the signal has aborted before the next step.
 */
export async function openOrRestore<Opened>(
  databasePath: string,
  onDamaged: OnDamaged,
  tasks: BackupTasks,
  open: () => Promise<Opened>,
  signal?: AbortSignal,
): Promise<Opened> {
  try {
    return await open()
  } catch (error) {
    const damage = damageOf(databasePath, error)
    if (!damage) throw error
    throwIfCanceled(databasePath, signal)
    const newestBackup = await tasks.newest(databasePath)
    if (!newestBackup) throw damage
    const { cause } = damage
    const choice =
      typeof onDamaged === 'function' ? await onDamaged({ databasePath, cause, newestBackup }) : onDamaged
    // A callback in plain JavaScript may return anything, and nothing is restored that nobody asked for.
    if (choice !== 'restore') throw new NotADatabaseError(databasePath, cause, newestBackup)
    throwIfCanceled(databasePath, signal)
    await tasks.restore(databasePath)
    throwIfCanceled(databasePath, signal)
    return open()
  }
}

/** SQLite finds damage when it gets to it: on opening, in the check, in a backup or in a migration. */
function damageOf(databasePath: string, error: unknown): NotADatabaseError | undefined {
  if (error instanceof NotADatabaseError) return error
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isDamage(cause)) return new NotADatabaseError(databasePath, cause)
  }
  return undefined
}

function isDamage(error: Error & { readonly code?: unknown }): boolean {
  return typeof error.code === 'string' && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)
}
