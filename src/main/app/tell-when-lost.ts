import { app, dialog } from 'electron'
import { DatabaseReplacedError, type DataDirClaim, DataDirError } from '../api.ts'

/**
 * Tells the user when the data directory or its database is no longer this app's, for instance because it was moved away.
 * From then on nothing can be saved, and whatever the user still types is lost.
 */
export function tellWhenLost({ lost }: Pick<DataDirClaim<unknown>, 'lost'>): void {
  lost?.addEventListener('abort', () => void tell(lost.reason), { once: true })
}

async function tell(reason: unknown): Promise<void> {
  const { response } = await dialog.showMessageBox({
    type: 'error',
    title: app.getName(),
    message: `${app.getName()} can no longer save.`,
    detail: await detailOf(reason),
    buttons: ['Quit', 'Keep Open to Copy'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  })
  if (response === 0) app.quit()
}

async function detailOf(reason: unknown): Promise<string> {
  if (!(reason instanceof DataDirError)) return String(reason)
  if (!(reason instanceof DatabaseReplacedError)) return `${reason.summary}\n\n${reason.remedy}`
  const saved = await reason.rescue
  const whatIsSaved =
    saved === undefined ? 'No copy of your data could be saved.' : `A copy of your data is ${saved}.`
  return `${reason.summary}\n\n${reason.remedy}\n\n${whatIsSaved}`
}
