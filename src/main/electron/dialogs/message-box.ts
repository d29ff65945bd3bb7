import { setImmediate as nextTurn } from 'node:timers/promises'
import { app, type BrowserWindow, dialog, type MessageBoxOptions } from 'electron'
import { ownWindows, startWindows } from '../windows/own-windows.ts'

// Far below what a person notices, and no load for a process that only waits.
const wakeMilliseconds = 50

const shown = new Set<() => void>()

/**
 * Brings the message boxes of this process to the front. Electron has no call for a box without a window, so the box is
 * closed and shown again: a window manager puts a new window in front, if it puts any window there.
 */
export function raiseMessageBoxes(): void {
  // On macOS, such a box cannot be closed, and activating the app is enough.
  if (process.platform === 'darwin') app.focus({ steal: true })
  else for (const raise of shown) raise()
}

/**
 * Shows a native message box, with or without a window of the app. On Windows and Linux the box stays in front of the app's
 * newest visible window: an app that opens its window early could cover a box without one.
 *
 * On Linux such a box may react to a key or a click only when something else wakes the main loop. In an app of eight lines
 * with Electron 33.2.1 on X11 that took 26 s. A timer wakes the loop as long as the box is open.
 *
 * @returns the index of the button that was pressed.
 */
export async function showMessageBox(options: MessageBoxOptions): Promise<number> {
  const waking = setInterval(() => undefined, wakeMilliseconds)
  try {
    for (;;) {
      const response = await showOnce(options)
      if (response !== 'raised') return response
    }
  } finally {
    clearInterval(waking)
  }
}

async function showOnce(options: MessageBoxOptions): Promise<number | 'raised'> {
  const closing = new AbortController()
  const close = () => closing.abort()
  shown.add(close)
  options.signal?.addEventListener('abort', close)
  if (options.signal?.aborted) close()
  const parent = parentOfBox()
  // A window that appears later would cover a box without one.
  const stopWatching = parent || !mayHaveParent ? undefined : onNextWindow(close)
  const all = { ...options, signal: closing.signal }
  try {
    const { response } = await (parent ? dialog.showMessageBox(parent, all) : dialog.showMessageBox(all))
    // Electron 33.2.1 on Linux ends with SIGSEGV if the process exits in the turn in which a box was answered.
    await nextTurn()
    // A box that is closed returns the same as one that is canceled. Any other button was pressed just before.
    const isCanceled = response === (options.cancelId ?? 0)
    return isCanceled && closing.signal.aborted && !options.signal?.aborted ? 'raised' : response
  } finally {
    stopWatching?.()
    options.signal?.removeEventListener('abort', close)
    shown.delete(close)
  }
}

// On macOS a box with a window is a sheet of that window, and a box without one is in front of every window of the app.
const mayHaveParent = process.platform !== 'darwin'

/** Only a visible window: on Wayland a box of a hidden one ends the process. */
function parentOfBox(): BrowserWindow | undefined {
  if (!mayHaveParent) return undefined
  return ownWindows().findLast((window) => window.isVisible() && !window.isMinimized())
}

/** @returns a function that stops watching. */
function onNextWindow(then: () => void): () => void {
  const watched = new Map<BrowserWindow, () => void>()
  const watch = (window: BrowserWindow) => {
    const onShow = () => startWindows.has(window) || then()
    watched.set(window, onShow)
    window.on('show', onShow)
  }
  const onCreated = (_event: unknown, window: BrowserWindow) => watch(window)
  for (const window of ownWindows()) watch(window)
  app.on('browser-window-created', onCreated)
  return () => {
    app.off('browser-window-created', onCreated)
    for (const [window, onShow] of watched) if (!window.isDestroyed()) window.off('show', onShow)
  }
}
