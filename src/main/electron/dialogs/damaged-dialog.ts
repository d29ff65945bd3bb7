import { app } from 'electron'
import type { Damage, DamageChoice } from '../../sqlite/damaged.ts'
import { damageText } from './damage-text.ts'
import { showMessageBox } from './message-box.ts'

/**
 * Asks the user in a native dialog what to do with a database that cannot be opened as it is. **Quit** and Esc leave
 * everything as it is.
 *
 * @param signal closes the dialog, as Esc does: the app is quit by other means.
 */
export async function showDamagedDialog(
  damage: Damage,
  product: string,
  signal: AbortSignal,
): Promise<DamageChoice> {
  await app.whenReady()
  const { message, detail, buttons, isFirstSafe } = damageText(damage, product, app.getLocale())
  const button = await showMessageBox({
    type: 'warning',
    title: product,
    message,
    detail,
    buttons: buttons.map(({ label }) => label),
    defaultId: isFirstSafe ? 0 : buttons.length - 1,
    cancelId: buttons.length - 1,
    noLink: true,
    signal,
  })
  return buttons[button]?.choice ?? 'keep'
}
