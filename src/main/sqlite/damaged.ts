import { type Backup, newestGoodBackup } from './backup-folder.ts'
import { NotADatabaseError } from './errors.ts'
import { restoreNewest } from './restore.ts'

/** A database that cannot be opened because it is damaged, or is none, and what could be put in its place. */
export interface Damage {
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
 */
export async function openOrRestore<Opened>(
  databasePath: string,
  onDamaged: OnDamaged,
  open: () => Promise<Opened>,
): Promise<Opened> {
  try {
    return await open()
  } catch (error) {
    if (!(error instanceof NotADatabaseError)) throw error
    const newestBackup = newestGoodBackup(databasePath)
    if (!newestBackup) throw error
    const damage = { databasePath, cause: error.cause, newestBackup }
    const choice = typeof onDamaged === 'function' ? await onDamaged(damage) : onDamaged
    if (choice === 'keep') throw new NotADatabaseError(databasePath, error.cause, newestBackup)
    restoreNewest(databasePath)
    return open()
  }
}
