import { app } from 'electron'

/** Whether there is no screen that a dialog could appear on. Elsewhere than on Linux there always is one. */
export function hasNoDisplay(): boolean {
  if (app.commandLine.hasSwitch('headless')) return true
  if (app.commandLine.getSwitchValue('ozone-platform') === 'headless') return true
  return process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY
}
