import { app, BrowserWindow, type BrowserWindowConstructorOptions } from 'electron'

const packageWindows = new WeakSet<BrowserWindow>()
let isCreating = false

/** Creates a window that is not the app's own. */
export function createPackageWindow(options: BrowserWindowConstructorOptions): BrowserWindow {
  isCreating = true
  try {
    const window = new BrowserWindow(options)
    packageWindows.add(window)
    return window
  } finally {
    isCreating = false
  }
}

/** Returns whether a window is not the app's own. This is right also in a listener of `browser-window-created`. */
export function isPackageWindow(window: BrowserWindow): boolean {
  return isCreating || packageWindows.has(window)
}

/** The app's own windows, the newest last. */
export function ownWindows(): BrowserWindow[] {
  const windows = BrowserWindow.getAllWindows().filter(
    (window) => !window.isDestroyed() && !packageWindows.has(window),
  )
  return windows.sort((a, b) => a.id - b.id)
}

/** Destroys a window without `window-all-closed`, on which most apps quit: the app's own window is yet to come. */
export function destroyQuietly(window: BrowserWindow): void {
  const listeners = app.rawListeners('window-all-closed') as (() => void)[]
  app.removeAllListeners('window-all-closed')
  // Without a listener Electron quits by itself (electronjs.org/docs/latest/api/app#event-window-all-closed).
  const nothing = () => undefined
  app.on('window-all-closed', nothing)
  try {
    window.destroy()
  } finally {
    app.off('window-all-closed', nothing)
    for (const listener of listeners) app.on('window-all-closed', listener)
  }
}
