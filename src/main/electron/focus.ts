import { once } from 'node:events'
import { app, BrowserWindow } from 'electron'
import type { LaunchOutcome } from '../handoff/protocol.ts'
import { isStartWindow } from './start-window.ts'
import { focusOnWayland, isOnWayland } from './wayland.ts'

/** How long the window manager may take to give the focus, in milliseconds, before it counts as refused. */
const focusTime = 1_000
/** How long a new window may take to appear, in milliseconds. */
const appearTime = 5_000

let lastUsed: BrowserWindow | undefined

/** Starts to remember which window was used last. Call it before the first window; twice is once. */
export function followFocus(): void {
  app.off('browser-window-focus', remember).on('browser-window-focus', remember)
}

function remember(_event: unknown, window: BrowserWindow): void {
  if (!isStartWindow(window)) lastUsed = window
}

/**
 * Brings the window that was used last to the front: restored if minimised, shown if hidden, focused.
 *
 * @param isNew the window was opened for this launch and shows itself when it is painted.
 * @returns what the window manager made of it; `BrowserWindow.focus()` itself does not tell.
 */
export async function bringToFront(isNew: boolean): Promise<LaunchOutcome> {
  const window = windowToShow()
  if (!window) return 'in-background'
  if (isNew) await becomesTrue(window, 'show', () => window.isVisible(), appearTime)
  const hasFocus = !window.isDestroyed() && (await getFocus(window))
  if (window.isDestroyed()) return 'in-background'
  if (isNew) return 'opened-window'
  if (hasFocus) return 'focused'
  window.flashFrame(true)
  return 'flashed'
}

async function getFocus(window: BrowserWindow): Promise<boolean> {
  const isFocused = () => becomesTrue(window, 'focus', () => window.isFocused(), focusTime)
  if (isOnWayland()) {
    focusOnWayland(window)
    return isFocused()
  }
  askForFocus(window)
  if (await isFocused()) return true
  if (process.platform !== 'linux' || window.isDestroyed()) return false
  mapAnew(window)
  return isFocused()
}

/**
 * The way around an X11 window manager that only marks a window of another virtual desktop: a window that is mapped
 * anew appears on the current one.
 */
function mapAnew(window: BrowserWindow): void {
  window.hide()
  askForFocus(window)
}

function askForFocus(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.show()
  window.moveTop()
  window.focus()
}

function windowToShow(): BrowserWindow | undefined {
  if (lastUsed && !lastUsed.isDestroyed()) return lastUsed
  return BrowserWindow.getAllWindows().find((window) => !window.isDestroyed() && !isStartWindow(window))
}

async function becomesTrue(
  window: BrowserWindow,
  event: 'show' | 'focus',
  isTrue: () => boolean,
  milliseconds: number,
): Promise<boolean> {
  if (isTrue()) return true
  try {
    await once(window, event, { signal: AbortSignal.timeout(milliseconds) })
  } catch {
    // The time is up: what counts is how things stand now.
  }
  return !window.isDestroyed() && isTrue()
}
