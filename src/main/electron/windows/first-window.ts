import { setTimeout as sleep } from 'node:timers/promises'
import { app, type BrowserWindow } from 'electron'

/** How long the app waits for a window, in milliseconds. */
const patience = 1_000
/** How long the window may take to be painted after its page was loaded, in milliseconds. */
const loadedPatience = 100
/** How long a page may take to ask for what it shows first, in milliseconds. */
const firstQuestions = 200

/**
 * Resolves soon after the next window that opens is painted, has failed to load, or is closed. It resolves 1.2 s after
 * `ready` in any case.
 *
 * Electron's start keeps two processors busy until then. Any other work delays the window and its first data by as long
 * as it takes itself (`npm run bench -- launch`).
 *
 * @param ready resolves when Electron is ready.
 * @param signal ends the wait.
 */
export async function firstWindow(ready: Promise<void>, signal: AbortSignal): Promise<void> {
  await firstPaint(ready, signal)
  await sleep(firstQuestions, undefined, { ref: false, signal }).catch(() => undefined)
}

function firstPaint(ready: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined
    const follow = (_event: unknown, window: BrowserWindow) => {
      window.once('ready-to-show', done).once('closed', done)
      window.webContents.once('did-fail-load', done).once('did-finish-load', () => {
        // On Wayland `ready-to-show` sometimes never comes: github.com/electron/electron/issues/48859
        clearTimeout(timer)
        timer = setTimeout(done, loadedPatience)
      })
    }
    app.once('browser-window-created', follow)
    signal.addEventListener('abort', done, { once: true })
    void ready.then(() => {
      timer = setTimeout(done, patience)
    })

    function done(): void {
      clearTimeout(timer)
      app.off('browser-window-created', follow)
      resolve()
    }
  })
}
