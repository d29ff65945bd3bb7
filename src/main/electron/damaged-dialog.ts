import { app } from 'electron'
import type { Damage, DamageChoice } from '../sqlite/damaged.ts'
import { showMessageBox } from './message-box.ts'

/**
 * Asks the user in a native dialog whether to restore the newest good backup of a damaged database. **Quit** and Esc
 * leave everything as it is.
 *
 * @param signal closes the dialog, as Esc does: the app is quit by other means.
 */
export async function showDamagedDialog(
  { databasePath, newestBackup }: Damage,
  product: string,
  signal: AbortSignal,
): Promise<DamageChoice> {
  await app.whenReady()
  const time = newestBackup.madeAt.toLocaleString(app.getLocale(), {
    dateStyle: 'medium',
    timeStyle: 'short',
  })
  const button = await showMessageBox({
    type: 'warning',
    title: product,
    message: `${product}’s data is damaged.`,
    detail:
      `${databasePath} is not a database, or is damaged. There is a good backup of ${time}.\n\n` +
      'Restoring it loses what was written since then. The damaged file is kept beside it.',
    buttons: ['Restore Backup', 'Quit'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
    signal,
  })
  return button === 0 ? 'restore' : 'keep'
}
