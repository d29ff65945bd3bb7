import { once } from 'node:events'
import { app, type BrowserWindow } from 'electron'
import type { LaunchOutcome } from '../../handoff/messages/protocol.ts'
import { isPackageWindow, ownWindows } from './own-windows.ts'

/** How long the window manager may take to give the focus, in milliseconds. After that it counts as refused. */
const focusTime = 1_000
/** How long a new window may take to appear, in milliseconds. */
const appearTime = 5_000
/** The same if there are others: a window that stays hidden for longer is not for the user to see. */
const appearTimeBesideOthers = 1_000

let lastUsed: BrowserWindow | undefined

/** Follows from now on which window was used last. Call it before the first window. A second call does nothing more. */
export function followFocus(): void {
  app.off('browser-window-focus', remember).on('browser-window-focus', remember)
}

function remember(_event: unknown, window: BrowserWindow): void {
  if (!isPackageWindow(window)) lastUsed = window
}

/**
 * Brings a window to the front: the newest of those that were opened for a launch, otherwise the one that was used last.
 * Restores it if it is minimized, and shows it if it is hidden.
 *
 * @param opened the newest last. Each shows itself when it is painted.
 * @returns what the window manager did. `BrowserWindow.focus()` does not return it.
 */
export async function bringToFront(opened: readonly BrowserWindow[]): Promise<LaunchOutcome> {
  const newWindow = await newestToAppear(opened)
  const window = newWindow ?? windowToShow()
  if (!window) return 'in-background'
  const hasFocus = !window.isDestroyed() && (await getFocus(window))
  if (window.isDestroyed()) return 'in-background'
  if (newWindow) return 'opened-window'
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
  // Some X11 window managers only mark a window of another virtual desktop. A window that is mapped again appears on the
  // current one.
  window.hide()
  askForFocus(window)
  return isFocused()
}

function askForFocus(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.show()
  window.moveTop()
  window.focus()
}

/** The newest that is visible, or becomes visible in time. If there is no other window, it is the newest in any case. */
async function newestToAppear(opened: readonly BrowserWindow[]): Promise<BrowserWindow | undefined> {
  const newest = opened.at(-1)
  if (!newest) return undefined
  const isAlone = ownWindows().every((window) => opened.includes(window))
  if (!newestVisible(opened)) {
    const patience = isAlone ? appearTime : appearTimeBesideOthers
    await becomesTrue(newest, 'show', () => newest.isVisible(), patience)
  }
  return newestVisible(opened) ?? (isAlone ? newest : undefined)
}

function newestVisible(windows: readonly BrowserWindow[]): BrowserWindow | undefined {
  return windows.filter((window) => !window.isDestroyed() && window.isVisible()).at(-1)
}

/** A hidden window that was never used may not be for people. */
function windowToShow(): BrowserWindow | undefined {
  if (lastUsed && !lastUsed.isDestroyed()) return lastUsed
  const windows = ownWindows()
  return windows.find((window) => window.isVisible() || window.isMinimized()) ?? windows[0]
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
    // The time is up. The state at this moment counts.
  }
  return !window.isDestroyed() && isTrue()
}

/**
 * Whether a Wayland compositor has this app's windows. Electron has no call for this, so the function uses the same
 * settings as Chromium. Electron 38 made `auto` the default (electronjs.org/docs/latest/breaking-changes).
 */
function isOnWayland(): boolean {
  if (process.platform !== 'linux') return false
  const platform = app.commandLine.getSwitchValue('ozone-platform')
  if (platform !== '') return platform === 'wayland'
  const hint =
    app.commandLine.getSwitchValue('ozone-platform-hint') ||
    process.env.ELECTRON_OZONE_PLATFORM_HINT ||
    (Number.parseInt(process.versions.electron, 10) >= 38 ? 'auto' : 'x11')
  if (hint === 'wayland') return true
  return hint === 'auto' && process.env.XDG_SESSION_TYPE === 'wayland' && Boolean(process.env.WAYLAND_DISPLAY)
}

/**
 * Gets the focus from a Wayland compositor. `focus()` and `show()` need a token, but no call of Electron takes one.
 * Without a token, sway only marks the window urgent and mutter refuses. Both give the focus to a surface that is mapped
 * again.
 */
function focusOnWayland(window: BrowserWindow): void {
  if (window.isFocused()) return
  if (window.isMinimized()) window.restore()
  window.hide()
  window.show()
}
