import { setImmediate as nextTurn } from 'node:timers/promises'
import { app } from 'electron'
import type { Launch } from '../../handoff/messages/protocol.ts'
import { LaunchQueue } from '../../handoff/owner/launch-queue.ts'
import { bringToFront } from '../windows/focus.ts'
import { ownWindows } from '../windows/own-windows.ts'

/** Gives one launch to the app. */
export type OnLaunch = (launch: Launch) => void | Promise<void>

/**
 * The launches of one claim. Each is given to the app after `ready`, and a window of the app then comes to the front.
 *
 * @param own what this process was started for. It is the first launch, if it has files or URLs and the app takes
 * launches. Otherwise it is not a launch, because the app opens its window anyway. That window comes to the front by
 * itself.
 */
export function launchQueueOf(onLaunch: OnLaunch = activate, own?: Launch): LaunchQueue {
  const launches = new LaunchQueue(async (launch) => {
    await app.whenReady()
    // An app that has waited for the claim and for `ready` opens its window first.
    await nextTurn()
    const before = ownWindows()
    await onLaunch(launch)
    if (launch === own) return 'opened-window'
    return bringToFront(ownWindows().filter((window) => !before.includes(window)))
  })
  const isForApp = onLaunch !== activate && own && own.files.length + own.urls.length > 0
  if (isForApp) launches.add(own).catch((error: unknown) => console.error(error))
  return launches
}

/** What a click on the Dock icon does on macOS: every Electron template then opens a window if there is none. */
function activate(): void {
  app.emit('activate', { preventDefault: () => undefined }, ownWindows().length > 0)
}
