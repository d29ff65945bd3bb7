import { app } from 'electron'
import { DataDirError, InvalidOptionError } from '../../../shared/data-dir-error.ts'
import { systemFailureIn } from '../../../shared/system-failure.ts'
import { showMessageBox } from './message-box.ts'

/**
 * Tells the user in a native dialog why the data directory cannot be opened, and what to do.
 *
 * Waits for `ready`, since before it a Linux dialog reaches nothing but stderr
 * (electronjs.org/docs/latest/api/dialog#dialogshowerrorboxtitle-content).
 */
export async function showFailureDialog(error: unknown, product: string): Promise<void> {
  await app.whenReady()
  await showMessageBox({
    type: 'error',
    title: product,
    ...wordsFor(error, product),
    buttons: ['Quit'],
    noLink: true,
  })
}

/**
 * Tells the user in a native dialog which program keeps the database locked. **Quit** and Esc give up.
 *
 * @param signal closes the dialog, as Esc does: the app is quit by other means.
 * @returns whether the user chose **Try Again**.
 */
export async function showBusyDialog(error: unknown, product: string, signal: AbortSignal): Promise<boolean> {
  await app.whenReady()
  const button = await showMessageBox({
    type: 'warning',
    title: product,
    ...wordsFor(error, product),
    buttons: ['Try Again', 'Quit'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
    signal,
  })
  return button === 0
}

interface Words {
  readonly message: string
  readonly detail: string
}

function wordsFor(error: unknown, product: string): Words {
  // The developer's mistake. Its text is on stderr, and the names of options mean nothing to a user.
  if (error instanceof InvalidOptionError) {
    return {
      message: `${product} cannot start because of an error in the app.`,
      detail: 'Report this to its developer.',
    }
  }
  return { message: `${product} cannot open its data.`, detail: detailOf(error) }
}

function detailOf(error: unknown): string {
  if (error instanceof DataDirError) return `${error.summary}\n\n${error.remedy}`
  const message = error instanceof Error ? error.message : String(error)
  const remedy = systemFailureIn(error)?.remedy
  return [
    `Something in the app failed while it opened its data: ${message}`,
    ...(remedy === undefined ? [] : [remedy]),
    'Start the app again. If it fails again, report this error to the developer of the app.',
  ].join('\n\n')
}
