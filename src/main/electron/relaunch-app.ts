import { app, type RelaunchOptions } from 'electron'

let pending: (() => void) | undefined

/** How long a relaunch may wait for the quit, in milliseconds: windows may ask the user before they close. */
const relaunchTime = 30_000

/**
 * Quits this app and starts it again. First every window must agree to close. Then the database, the hand-off and the
 * lock are closed. The new process starts when this one has exited
 * (electronjs.org/docs/latest/api/app#apprelaunchoptions).
 *
 * Electron's own `app.relaunch()` stays in effect until the app quits. If a window refuses to close, and the user quits
 * the app an hour later, the app starts again. This function cancels the relaunch after 30 s. It is not needed if an
 * installer starts the new version: that launch waits until this process has closed everything.
 *
 * @param options `args` and `execPath`, as for `app.relaunch()`. A second call replaces the first one.
 */
export function relaunch(options: RelaunchOptions = {}): void {
  // Each call of app.relaunch() starts a process of its own.
  if (pending) app.off('will-quit', pending)
  const start = () => app.relaunch(options)
  pending = start
  app.once('will-quit', start)
  setTimeout(() => app.off('will-quit', start), relaunchTime).unref()
  app.quit()
}
