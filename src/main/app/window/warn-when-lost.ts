import { app } from 'electron'
import { DatabaseReplacedError, type DataDirClaim, DataDirError } from '../../api.ts'
import { ask } from './ask.ts'

/**
 * Shows a dialog when the data directory or its database is no longer this app's, for example because it was moved. After
 * that, no change can be saved.
 */
export function warnWhenLost({ lost }: Pick<DataDirClaim<unknown>, 'lost'>): void {
  lost?.addEventListener('abort', () => void warn(lost.reason), { once: true })
}

async function warn(reason: unknown): Promise<void> {
  const response = await ask({
    type: 'error',
    message: `${app.getName()} can no longer save.`,
    detail: await detailOf(reason),
    buttons: ['Quit', 'Keep Open to Copy'],
  })
  if (response === 0) app.quit()
}

async function detailOf(reason: unknown): Promise<string> {
  if (!(reason instanceof DataDirError)) return String(reason)
  if (!(reason instanceof DatabaseReplacedError)) return `${reason.summary}\n\n${reason.remedy}`
  return `${reason.summary} Nothing is saved from now on.\n\n${savedText(await reason.rescue)}`
}

function savedText(saved: string | undefined): string {
  const name = app.getName()
  if (saved === undefined) {
    return 'No copy of your data could be saved. Before you quit, copy what you need from the window.'
  }
  if (saved.endsWith('.wal')) {
    return (
      `The last changes are in ${saved}. ${name} cannot open this file by itself: it is a log of SQLite. ` +
      'Keep it. Before you quit, copy what you need from the window.'
    )
  }
  return `A copy of your data is ${saved}. Quit, and start ${name} again. If the copy is needed, ${name} offers to restore it.`
}
