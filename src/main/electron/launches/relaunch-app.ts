import { app, type RelaunchOptions } from 'electron'

let wish: (() => void) | undefined

/** For how long a wish to start anew is kept, in milliseconds: windows may ask the user before they close. */
const wishTime = 30_000

/**
 * Ends this app and starts it anew, in the right order: every window agrees to close, then database, hand-off and lock
 * are closed, and the new process starts when this one is gone (electronjs.org/docs/latest/api/app#apprelaunchoptions).
 *
 * `app.relaunch()` by itself is remembered for good: after a quit that a window refused, the app would start anew when
 * the user closes it an hour later. This wish is forgotten after 30 s. An installer that starts the new version itself
 * needs no call at all: that launch waits until this process has closed everything.
 *
 * @param options `args` and `execPath`, as `app.relaunch()` takes them. Of two calls the later one counts.
 */
export function relaunch(options: RelaunchOptions = {}): void {
  // Each call of app.relaunch() starts a process of its own.
  if (wish) app.off('will-quit', wish)
  const start = () => app.relaunch(options)
  wish = start
  app.once('will-quit', start)
  setTimeout(() => app.off('will-quit', start), wishTime).unref()
  app.quit()
}
