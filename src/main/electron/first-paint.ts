import { app, type BrowserWindow } from 'electron'

/** How long a window may take until what waits for it goes on all the same, in milliseconds. */
const patience = 1_000

/**
 * Resolves when the next window that opens is painted, or has failed to load, or is closed; after 1 s in any case.
 *
 * Electron's start keeps two processors busy until then; whatever starts beside it makes the window later by as much
 * as it takes itself (`npm run bench -- launch`).
 *
 * @param signal does not wait any longer.
 */
export function firstPaint(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const follow = (_event: unknown, window: BrowserWindow) => {
      window.once('ready-to-show', done).once('closed', done)
      // On Wayland `ready-to-show` sometimes never comes: github.com/electron/electron/issues/48859
      window.webContents.once('did-finish-load', done).once('did-fail-load', done)
    }
    const timer = setTimeout(done, patience)
    app.once('browser-window-created', follow)
    signal.addEventListener('abort', done, { once: true })

    function done(): void {
      clearTimeout(timer)
      app.off('browser-window-created', follow)
      resolve()
    }
  })
}
