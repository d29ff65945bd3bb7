import { BrowserWindow } from 'electron'

const startWindows = new WeakSet<BrowserWindow>()

/** Marks a window as a start window. */
export function addStartWindow(window: BrowserWindow): void {
  startWindows.add(window)
}

/** Whether a window is a start window, which is not one of the app's own. */
export function isStartWindow(window: BrowserWindow): boolean {
  return startWindows.has(window)
}

/** The app's own windows, the newest last. */
export function ownWindows(): BrowserWindow[] {
  const windows = BrowserWindow.getAllWindows().filter(
    (window) => !window.isDestroyed() && !isStartWindow(window),
  )
  return windows.sort((a, b) => a.id - b.id)
}

/** Whether the app has a window of its own. */
export function hasWindow(): boolean {
  return ownWindows().length > 0
}
