import { app } from 'electron'

/**
 * Returns whether there is no screen for a dialog. On macOS and Windows there always is one, unless a switch of
 * Chromium makes the app headless.
 */
export function hasNoDisplay(): boolean {
  if (app.commandLine.hasSwitch('headless')) return true
  if (app.commandLine.getSwitchValue('ozone-platform') === 'headless') return true
  return process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY
}
