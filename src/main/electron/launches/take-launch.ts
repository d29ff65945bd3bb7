import { app } from 'electron'
import type { Launch } from '../../handoff/messages/protocol.ts'
import { LaunchQueue } from '../../handoff/owner/launch-queue.ts'
import { bringToFront } from '../windows/focus.ts'
import { ownWindows } from '../windows/own-windows.ts'

/** Gives one launch to the app. */
export type OnLaunch = (launch: Launch) => void | Promise<void>

/** The launches of one claim. Each is given to the app after `ready`, and a window of the app then comes to the front. */
export function launchQueueOf(onLaunch: OnLaunch = activate): LaunchQueue {
  return new LaunchQueue(async (launch) => {
    await app.whenReady()
    const before = ownWindows()
    await onLaunch(launch)
    return bringToFront(ownWindows().filter((window) => !before.includes(window)))
  })
}

/** What a click on the Dock icon does on macOS: every Electron template then opens a window if there is none. */
function activate(): void {
  app.emit('activate', { preventDefault: () => undefined }, ownWindows().length > 0)
}
