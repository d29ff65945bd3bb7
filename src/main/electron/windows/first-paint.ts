import { app, type BrowserWindow } from 'electron'

/** How long the app waits for a window, in milliseconds. */
const patience = 1_000
/** How long the window may take to be painted after its page was loaded, in milliseconds. */
const loadedPatience = 100

/**
 * Resolves when the next window that opens is painted, has failed to load, or is closed, and after 1 s in any case.
 *
 * Electron's start keeps two processors busy until then. Any other work delays the window by as long as it takes itself
 * (`npm run bench -- launch`).
 *
 * @param signal ends the wait.
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
