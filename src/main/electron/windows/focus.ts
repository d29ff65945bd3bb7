import { once } from 'node:events'
import { app, type BrowserWindow } from 'electron'
import type { LaunchOutcome } from '../../handoff/messages/protocol.ts'
import { isStartWindow, ownWindows } from './own-windows.ts'

/** How long the window manager may take to give the focus, in milliseconds, before it counts as refused. */
const focusTime = 1_000
/** How long a new window may take to appear, in milliseconds. */
const appearTime = 5_000
/** The same beside others: one that stays hidden for longer is not what the user is to see. */
const appearTimeBesideOthers = 1_000

let lastUsed: BrowserWindow | undefined

/** Starts to remember which window was used last. Call it before the first window; twice is once. */
export function followFocus(): void {
  app.off('browser-window-focus', remember).on('browser-window-focus', remember)
}

function remember(_event: unknown, window: BrowserWindow): void {
  if (!isStartWindow(window)) lastUsed = window
}

/**
 * Brings a window to the front, restored if minimised, shown if hidden, focused: the newest of those that were opened
 * for a launch, else the one that was used last.
 *
 * @param opened the newest last; each shows itself when it is painted.
 * @returns what the window manager made of it; `BrowserWindow.focus()` itself does not tell.
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

/** The newest that is visible, or soon is. Where there is no other window it is shown, whether it shows itself or not. */
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

/** A window that was never used and is hidden is perhaps none for people. */
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
    // The time is up: what counts is how things stand now.
  }
  return !window.isDestroyed() && isTrue()
}

/**
 * Whether this app's windows are a Wayland compositor's: Electron has no call that tells, so this is what Chromium goes
 * by. Electron 38 made `auto` the default (electronjs.org/docs/latest/breaking-changes).
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
 * Gets the focus from a Wayland compositor. `focus()` and `show()` need a token that no call of Electron takes, and
 * without one sway only marks the window urgent and mutter refuses. A surface that is mapped anew gets the focus in
 * both.
 */
function focusOnWayland(window: BrowserWindow): void {
  if (window.isFocused()) return
  if (window.isMinimized()) window.restore()
  window.hide()
  window.show()
}
