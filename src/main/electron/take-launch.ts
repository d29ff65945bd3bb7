import { app } from 'electron'
import type { Launch, LaunchOutcome } from '../handoff/protocol.ts'
import type { ClaimDataDirOptions } from './claim-data-dir-options.ts'
import { bringToFront } from './focus.ts'
import { hasWindow } from './start-window.ts'

/**
 * Gives a launch to the app, after `ready`, and brings a window of it to the front.
 *
 * @returns what came of it.
 */
export async function takeLaunch(
  launch: Launch,
  onLaunch: ClaimDataDirOptions['onLaunch'] = activate,
): Promise<LaunchOutcome> {
  await app.whenReady()
  const hadWindow = hasWindow()
  await onLaunch(launch)
  return bringToFront(!hadWindow)
}

/** What clicking the Dock icon does on macOS: every Electron template opens a window on it if there is none. */
function activate(): void {
  app.emit('activate', { preventDefault: () => undefined }, hasWindow())
}
