import { app, type BrowserWindow, dialog } from 'electron'
import type { PageChannel } from './page-channel.ts'

/** Delays the close of the window, and the quit of the app, until the page has saved all changes. */
export function flushBeforeClose(window: BrowserWindow, page: PageChannel): void {
  let quitting = false
  let state: 'open' | 'flushing' | 'flushed' = 'open'

  const noteQuit = () => {
    quitting = true
  }
  app.on('before-quit', noteQuit)
  window.once('closed', () => app.off('before-quit', noteQuit))

  window.on('close', async (event) => {
    if (state === 'flushed') return
    event.preventDefault()
    if (state === 'flushing') return
    state = 'flushing'
    if ((await page.flush()) || (await closeAnyway(window))) {
      state = 'flushed'
      // The prevented close has also ended the quit. Electron ignores a new quit in the same turn.
      if (quitting) setImmediate(() => app.quit())
      else window.close()
    } else {
      state = 'open'
      quitting = false
    }
  })
}

async function closeAnyway(window: BrowserWindow): Promise<boolean> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'warning',
    title: app.getName(),
    message: 'Your latest changes aren’t saved.',
    detail:
      'To keep them, keep the window open and copy your text to another app. If you close it now, they are lost.',
    buttons: ['Keep Open', 'Close Without Saving'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  })
  return response === 1
}
