import { app } from 'electron'

const closers = new Set<() => Promise<void>>()
let isGivenUp = false

/**
 * Closes something asynchronous before the app ends, whatever ends it: the last window, the menu, SIGTERM or
 * SIGINT (which Electron turns into `app.quit()`). Several are closed side by side.
 *
 * Hangs on `will-quit`, which comes only after every window has agreed to close
 * (electronjs.org/docs/latest/api/app#event-will-quit): a vetoed quit closes nothing. The app then ends with
 * `process.exitCode`.
 */
export function closeBeforeQuit(close: () => Promise<void>): void {
  if (closers.size === 0) app.on('will-quit', onWillQuit)
  closers.add(close)
}

/**
 * Notes that something cannot be closed, because its filesystem does not answer. The app then ends by SIGKILL: every other
 * end waits for the threads that wait for the filesystem.
 */
export function giveUpClosing(): void {
  isGivenUp = true
}

/** Ends the app without asking its windows, after everything that {@link closeBeforeQuit} was given is closed. */
export async function closeAndExit(code: number): Promise<void> {
  process.exitCode = code
  await closeAll()
}

function onWillQuit(event: { preventDefault(): void }): void {
  event.preventDefault()
  void closeAll()
}

async function closeAll(): Promise<void> {
  for (const result of await Promise.allSettled([...closers].map((close) => close()))) {
    // The process ends all the same: the kernel drops the lock, and SQLite's journal survives a crash.
    if (result.status === 'rejected') console.error(result.reason)
  }
  if (isGivenUp) process.kill(process.pid, 'SIGKILL')
  // Not quit(): Electron 33 ignores it so soon after a will-quit that followed the closing of a window.
  app.exit(Number(process.exitCode ?? 0))
}
