import { inspect } from 'node:util'
import { DataDirError } from '../../../shared/data-dir-error.ts'
import type { Damage, DamageChoice } from '../../sqlite/damaged.ts'
import type { BackupFailedError } from '../../sqlite/errors/backup-errors.ts'
import type { BackupFailedChoice } from '../../sqlite/migrations/migrations-backup.ts'

// The dialogs are loaded when they are needed: they wait for `ready` anyway, and most starts need none.

/**
 * Writes to stderr why this process does not own the data directory. An error that is not of this package has its stack,
 * also if it is the cause.
 */
export function complain(error: unknown, product: string): void {
  console.error(`${product}: ${error instanceof DataDirError ? textOf(error) : inspect(error)}`)
}

function textOf(error: DataDirError): string {
  const text = `${error.message} [${error.code}]`
  const { cause } = error
  // An error with a code is explained by the message.
  return cause instanceof Error && !('code' in cause) ? `${text}\n${inspect(cause)}` : text
}

/** Tells the user in a native dialog why the data directory cannot be opened, and what to do. */
export async function tellFailure(error: unknown, product: string): Promise<void> {
  const { showFailureDialog } = await import('./failure-dialog.ts')
  await showFailureDialog(error, product)
}

const declined = new WeakSet<object>()

/** Asks the user in a native dialog what to do with a database that cannot be opened as it is. */
export async function askAboutDamage(
  damage: Damage,
  product: string,
  signal: AbortSignal,
): Promise<DamageChoice> {
  const { showDamagedDialog } = await import('./damaged-dialog.ts')
  const choice = await showDamagedDialog(damage, product, signal)
  if (choice === 'keep') declined.add(damage.error)
  return choice
}

/** Asks the user in a native dialog what to do when the backup before an update of the data cannot be made. */
export async function askAboutBackup(
  error: BackupFailedError,
  product: string,
  signal: AbortSignal,
): Promise<BackupFailedChoice> {
  const { showBackupFailedDialog } = await import('./backup-failed-dialog.ts')
  const choice = await showBackupFailedDialog(error, product, signal)
  if (choice === 'fail') declined.add(error)
  return choice
}

/**
 * Asks the user in a native dialog whether to try again to open a database that another program keeps locked.
 *
 * @returns false without a dialog if the app is quitting.
 */
export async function askAboutBusy(error: Error, product: string, signal: AbortSignal): Promise<boolean> {
  complain(error, product)
  const { showBusyDialog } = await import('./failure-dialog.ts')
  const isToTryAgain = !signal.aborted && (await showBusyDialog(error, product, signal))
  if (!isToTryAgain) declined.add(error)
  return isToTryAgain
}

/** Whether the user was shown this error already and chose to quit. */
export function wasAskedAbout(error: unknown): boolean {
  return error instanceof Error && declined.has(error)
}
