import { app, type BrowserWindow } from 'electron'

/**
 * Whether this app's windows are a Wayland compositor's: Electron has no call that tells, so this is what Chromium goes
 * by. Electron 38 made `auto` the default (electronjs.org/docs/latest/breaking-changes).
 */
export function isOnWayland(): boolean {
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
export function focusOnWayland(window: BrowserWindow): void {
  if (window.isFocused()) return
  if (window.isMinimized()) window.restore()
  window.hide()
  window.show()
}
