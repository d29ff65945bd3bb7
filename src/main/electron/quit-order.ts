import { app } from 'electron'

const closers = new Set<() => Promise<void>>()
let isGivenUp = false

/**
 * Closes something asynchronous before the app ends: after the last window was closed, the menu was used, or SIGTERM or
 * SIGINT came (which Electron turns into `app.quit()`). Several are closed at the same time.
 *
 * It runs on `will-quit`, which comes only after every window has agreed to close
 * (electronjs.org/docs/latest/api/app#event-will-quit). If a window refuses, nothing is closed. The app then ends with
 * `process.exitCode`.
 */
export function closeBeforeQuit(close: () => Promise<void>): void {
  if (closers.size === 0) app.on('will-quit', onWillQuit)
  closers.add(close)
}

/** A signal that aborts before the app ends. From now on, the app ends with `process.exitCode`. */
export function quitSignal(): AbortSignal {
  const quitting = new AbortController()
  closeBeforeQuit(async () => quitting.abort())
  return quitting.signal
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
    // The process ends anyway. The kernel drops the lock, and SQLite's journal survives a crash.
    if (result.status === 'rejected') console.error(result.reason)
  }
  if (isGivenUp) process.kill(process.pid, 'SIGKILL')
  // Not quit(): Electron 33 ignores it so soon after a will-quit that followed the closing of a window.
  app.exit(Number(process.exitCode ?? 0))
}
