import { app, type BrowserWindow, dialog, type MessageBoxOptions } from 'electron'

/** A page that crashes twice in this time, in milliseconds, would crash again and again. */
const shortLife = 60_000

/** Loads the page again when its process has crashed. When it crashes again soon, the user decides. */
export function reloadAfterCrash(window: BrowserWindow): void {
  let lastCrash = Number.NEGATIVE_INFINITY
  window.webContents.on('render-process-gone', async (_event, { reason }) => {
    if (reason === 'clean-exit') return
    const isAgain = performance.now() - lastCrash < shortLife
    lastCrash = performance.now()
    const isClosing = isAgain && !(await askToReload(window))
    // Not in the turn of the event, in which Electron still removes the page.
    setImmediate(() => {
      if (window.isDestroyed()) return
      if (isClosing) window.close()
      else window.webContents.reload()
    })
  })
}

async function askToReload(window: BrowserWindow): Promise<boolean> {
  const options: MessageBoxOptions = {
    type: 'error',
    title: app.getName(),
    message: `The window of ${app.getName()} has crashed again.`,
    detail: 'Your saved notes are safe. Changes that were not saved yet are missing.',
    buttons: ['Reload', 'Close Window'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  }
  // On Wayland, a dialog of a hidden window ends the process.
  const { response } = await (window.isVisible()
    ? dialog.showMessageBox(window, options)
    : dialog.showMessageBox(options))
  return response === 0
}
