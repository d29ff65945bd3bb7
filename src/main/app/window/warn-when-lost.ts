import { dirname } from 'node:path'
import { app } from 'electron'
import { DatabaseReplacedError, type DataDirClaim, LockLostError } from '../../api.ts'
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
    message: `${app.getName()} can no longer save your notes.`,
    detail: await detailOf(reason),
    buttons: ['Quit', 'Keep Open'],
  })
  if (response === 0) app.quit()
}

async function detailOf(reason: unknown): Promise<string> {
  if (reason instanceof DatabaseReplacedError) {
    return `The file of your notes was moved, removed or replaced. ${unsaved}\n\n${savedText(await reason.rescue)}\n\nLocation: ${reason.path}`
  }
  if (reason instanceof LockLostError) {
    return `The data folder or a file in it was moved, removed or replaced, or can’t be reached. ${unsaved}\n\n${copyFirst} Then start ${app.getName()} again.\n\nLocation: ${dirname(reason.path)}`
  }
  return String(reason)
}

const unsaved = 'Nothing is saved from now on.'
const copyFirst = 'Before you quit, copy what you need from the window.'

function savedText(saved: string | undefined): string {
  const name = app.getName()
  if (saved === undefined) return `Your data couldn’t be copied. ${copyFirst}`
  if (saved.endsWith('.wal')) {
    return (
      `Your latest changes are in ${saved}. ${name} can’t open this file, but an expert may be able to recover them from it, ` +
      `so keep it. ${copyFirst}`
    )
  }
  return `A copy of your data was saved as ${saved}. Quit, and start ${name} again. If the copy is needed, ${name} offers to restore it.`
}
