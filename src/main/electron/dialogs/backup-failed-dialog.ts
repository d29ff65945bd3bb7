import { app } from 'electron'
import type { BackupFailedError } from '../../sqlite/errors/backup-errors.ts'
import type { BackupFailedChoice } from '../../sqlite/migrations/migrations-backup.ts'
import { showMessageBox } from './message-box.ts'

const buttons: readonly { readonly label: string; readonly choice: BackupFailedChoice }[] = [
  { label: 'Continue Without Backup', choice: 'skip' },
  { label: 'Try Again', choice: 'retry' },
  { label: 'Quit', choice: 'fail' },
]

/**
 * Asks the user in a native dialog what to do when the backup before an update of the data cannot be made. **Quit** and
 * Esc leave everything as it is.
 *
 * @param signal closes the dialog, as Esc does: the app is quit by other means.
 */
export async function showBackupFailedDialog(
  error: BackupFailedError,
  product: string,
  signal: AbortSignal,
): Promise<BackupFailedChoice> {
  await app.whenReady()
  const button = await showMessageBox({
    type: 'warning',
    title: product,
    message: `${product} cannot back up its data before it updates it.`,
    detail:
      `${error.summary}\n\n${error.remedy} Nothing was changed.\n\n` +
      'Without a backup there is no way back to the data as it is now.',
    buttons: buttons.map(({ label }) => label),
    defaultId: 1,
    cancelId: buttons.length - 1,
    noLink: true,
    signal,
  })
  return buttons[button]?.choice ?? 'fail'
}
