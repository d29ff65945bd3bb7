import { setTimeout as sleep } from 'node:timers/promises'
import { app, type BrowserWindow } from 'electron'

/** How long to wait for an app to create a window, in milliseconds after it can. */
const creationPatience = 1_000
/** The same if the claim is not complete: an app that waits for the claim creates its window after that. */
const claimPatience = 5_000
/** How long a window may take until it is painted, in milliseconds. */
const paintPatience = 3_000
/** The same after its page was loaded. */
const loadedPatience = 100
/** How long a page may take to ask for what it shows first, in milliseconds. */
const firstQuestions = 200

/**
 * Resolves 0.2 s after the next window that opens is painted, has failed to load, or is closed. Without a window, it
 * resolves 1.2 s after `ready` and `claimed`, and at most 5.2 s after `ready`.
 *
 * Electron's start keeps two processors busy until then. Any other work delays the window and its first data by as long
 * as it takes itself (`npm run bench -- launch`).
 *
 * @param ready resolves when Electron is ready.
 * @param claimed settles when the claim is complete.
 * @param signal ends the wait.
 */
export async function firstWindow(
  ready: Promise<void>,
  claimed: Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  await firstPaint(ready, claimed, signal)
  await sleep(firstQuestions, undefined, { ref: false, signal }).catch(() => undefined)
}

function firstPaint(ready: Promise<void>, claimed: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined
    let mayComeLater = true
    const waitFor = (time: number) => {
      clearTimeout(timer)
      timer = setTimeout(done, time)
    }
    const follow = (_event: unknown, window: BrowserWindow) => {
      mayComeLater = false
      waitFor(paintPatience)
      window.once('ready-to-show', done).once('closed', done)
      // On Wayland `ready-to-show` sometimes never comes: github.com/electron/electron/issues/48859
      window.webContents.once('did-fail-load', done).once('did-finish-load', () => waitFor(loadedPatience))
    }
    app.once('browser-window-created', follow)
    signal.addEventListener('abort', done, { once: true })
    void ready.then(() => mayComeLater && waitFor(claimPatience))
    void Promise.allSettled([ready, claimed]).then(() => mayComeLater && waitFor(creationPatience))

    function done(): void {
      clearTimeout(timer)
      mayComeLater = false
      app.off('browser-window-created', follow)
      resolve()
    }
  })
}
