import { app, type BrowserWindow } from 'electron'

/** How long a window may take until what waits for it goes on all the same, in milliseconds. */
const patience = 1_000
/** How long it may take to be painted once its page is loaded, in milliseconds. */
const loadedPatience = 100

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
      window.webContents.once('did-fail-load', done).once('did-finish-load', () => {
        // On Wayland `ready-to-show` sometimes never comes: github.com/electron/electron/issues/48859
        clearTimeout(timer)
        timer = setTimeout(done, loadedPatience)
      })
    }
    let timer = setTimeout(done, patience)
    app.once('browser-window-created', follow)
    signal.addEventListener('abort', done, { once: true })

    function done(): void {
      clearTimeout(timer)
      app.off('browser-window-created', follow)
      resolve()
    }
  })
}
