import { app, dialog } from 'electron'
import { type DataDirClaim, LockLostError } from '../api.ts'

/**
 * Tells the user when the data directory is no longer this app's, moved away under it for instance: from then on
 * nothing can be saved, and to go on typing would only lose more.
 */
export function tellWhenLost({ lost }: Pick<DataDirClaim<unknown>, 'lost'>): void {
  lost?.addEventListener('abort', () => void tell(lost.reason), { once: true })
}

async function tell(reason: unknown): Promise<void> {
  const { response } = await dialog.showMessageBox({
    type: 'error',
    title: app.getName(),
    message: `${app.getName()} can no longer save.`,
    detail: reason instanceof LockLostError ? `${reason.summary}\n\n${reason.remedy}` : String(reason),
    buttons: ['Quit', 'Keep Open to Copy'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  })
  if (response === 0) app.quit()
}
