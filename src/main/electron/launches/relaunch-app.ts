import { app, type RelaunchOptions } from 'electron'

let pending: (() => void) | undefined

/** How long a relaunch may wait for the quit, in milliseconds: windows may ask the user before they close. */
const relaunchTime = 30_000

/**
 * Quits this app and starts it again, in the right order: every window agrees to close, then database, hand-off and lock
 * are closed, and the new process starts when this one has exited
 * (electronjs.org/docs/latest/api/app#apprelaunchoptions).
 *
 * Electron keeps an `app.relaunch()` until the app quits. If a window refuses the quit, the app would start again when the
 * user closes it an hour later. This function cancels the relaunch after 30 s. An installer that starts the new version
 * itself needs no call: that launch waits until this process has closed everything.
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
