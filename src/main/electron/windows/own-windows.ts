import { BrowserWindow } from 'electron'

/** The start windows, which are not the app's own. */
export const startWindows = new WeakSet<BrowserWindow>()

/** The app's own windows, the newest last. */
export function ownWindows(): BrowserWindow[] {
  const windows = BrowserWindow.getAllWindows().filter(
    (window) => !window.isDestroyed() && !startWindows.has(window),
  )
  return windows.sort((a, b) => a.id - b.id)
}
