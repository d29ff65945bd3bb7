import { app } from 'electron'

/**
 * Closes something asynchronous before the app ends, whatever ends it: the last window, the menu, SIGTERM or
 * SIGINT (which Electron turns into `app.quit()`).
 *
 * Hangs on `will-quit`, which comes only after every window has agreed to close
 * (electronjs.org/docs/latest/api/app#event-will-quit): a vetoed quit closes nothing. The app then ends with
 * `process.exitCode`.
 */
export function closeBeforeQuit(close: () => Promise<void>): void {
  app.on('will-quit', (event) => {
    event.preventDefault()
    void close()
      // The process ends all the same: the kernel drops the lock, and SQLite's journal survives a crash.
      .catch((error: unknown) => console.error(error))
      // Not quit(): Electron 33 ignores it so soon after a will-quit that followed the closing of a window.
      .then(() => app.exit(Number(process.exitCode ?? 0)))
  })
}
