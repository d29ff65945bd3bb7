import { app } from 'electron'
import type { DataDirError } from '../../shared/data-dir-error.ts'
import { showMessageBox } from './message-box.ts'

/**
 * Tells the user in a native dialog why the data directory cannot be opened, and what to do.
 *
 * Waits for `ready`, since before it a Linux dialog reaches nothing but stderr
 * (electronjs.org/docs/latest/api/dialog#dialogshowerrorboxtitle-content).
 */
export async function showFailureDialog(error: DataDirError, product: string): Promise<void> {
  await app.whenReady()
  await showMessageBox({
    type: 'error',
    title: product,
    message: `${product} cannot open its data.`,
    detail: `${error.summary}\n\n${error.remedy}`,
    buttons: ['Quit'],
    noLink: true,
  })
}
