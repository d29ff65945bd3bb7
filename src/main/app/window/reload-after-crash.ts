import { app, type BrowserWindow } from 'electron'
import { ask } from './ask.ts'

/** A page that crashes twice in this time, in milliseconds, would crash again and again. */
const shortLife = 60_000

/** Loads the page again when its process has crashed. When it crashes again soon, the user decides. */
export function reloadAfterCrash(window: BrowserWindow): void {
  let lastCrash = Number.NEGATIVE_INFINITY
  window.webContents.on('render-process-gone', async (_event, { reason }) => {
    if (reason === 'clean-exit') return
    const isAgain = performance.now() - lastCrash < shortLife
    lastCrash = performance.now()
    const isClosing = isAgain && !(await mayReload())
    // Not in the turn of the event, in which Electron still removes the page.
    setImmediate(() => {
      if (window.isDestroyed()) return
      if (isClosing) window.close()
      else window.webContents.reload()
    })
  })
}

async function mayReload(): Promise<boolean> {
  const response = await ask({
    type: 'error',
    message: `The window of ${app.getName()} has crashed again.`,
    detail: 'Your saved notes are safe. Unsaved changes are lost.',
    buttons: ['Reload', 'Close Window'],
  })
  return response === 0
}
