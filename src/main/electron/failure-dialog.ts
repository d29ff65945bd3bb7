import { app } from 'electron'
import { DataDirError } from '../../shared/data-dir-error.ts'
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
    message: `${product} cannot open its data.`,
    detail: detailOf(error),
    buttons: ['Quit'],
    noLink: true,
  })
}

function detailOf(error: unknown): string {
  if (error instanceof DataDirError) return `${error.summary}\n\n${error.remedy}`
  const message = error instanceof Error ? error.message : String(error)
  return (
    `Something in the app failed while it opened its data: ${message}\n\n` +
    'Start the app again. If it fails again, report this error to the developer of the app.'
  )
}
