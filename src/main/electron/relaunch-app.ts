import { app, type RelaunchOptions } from 'electron'
import { packedProgram } from './launches/packed-program.ts'
import { closeBeforeQuit } from './quit-order.ts'

let cancelPending: (() => void) | undefined

/** How long a relaunch may wait for the quit, in milliseconds: windows may ask the user before they close. */
const relaunchTime = 30_000

/**
 * Quits this app and starts it again. First every window must agree to close, and the app's own `will-quit` listeners run.
 * Then the database, the hand-off and the lock are closed. The new process starts when this one has exited
 * (electronjs.org/docs/latest/api/app#apprelaunchoptions).
 *
 * An AppImage or a portable Windows app runs from a folder that is gone when it exits. This function then starts the file
 * that the user has started (`APPIMAGE`, `PORTABLE_EXECUTABLE_FILE`).
 *
 * Electron's own `app.relaunch()` stays in effect until the app quits. If a window refuses to close, and the user quits
 * the app an hour later, the app starts again. This function cancels the relaunch after 30 s. It is not needed if an
 * installer starts the new version: that launch waits until this process has closed everything.
 *
 * @param options `args` and `execPath`, as for `app.relaunch()`. A second call replaces the first one.
 */
export function relaunch(options: RelaunchOptions = {}): void {
  // Each call of app.relaunch() starts a process of its own.
  cancelPending?.()
  const execPath = options.execPath ?? packedProgram(process.env, process.platform, process.execPath)
  // If `execPath` is set, Electron does not pass on the arguments of this process by itself.
  const { args = process.argv.slice(1) } = options
  const all = execPath === undefined ? options : { ...options, execPath, args }
  const cancel = closeBeforeQuit(async () => app.relaunch(all))
  cancelPending = cancel
  setTimeout(cancel, relaunchTime).unref()
  app.quit()
}
