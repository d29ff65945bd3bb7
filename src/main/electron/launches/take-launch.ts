import { app } from 'electron'
import type { Launch, LaunchOutcome } from '../../handoff/messages/protocol.ts'
import { LaunchQueue } from '../../handoff/owner/launch-queue.ts'
import { bringToFront } from '../windows/focus.ts'
import { hasWindow, ownWindows } from '../windows/own-windows.ts'
import type { OpenEvents } from './open-events.ts'

/** Gives one launch to the app. */
export type OnLaunch = (launch: Launch) => void | Promise<void>

/** The launches of one claim, other processes' and macOS's events alike: one after another. */
export class LaunchIntake {
  readonly #queue: LaunchQueue
  #stopEvents: (() => void) | undefined

  constructor(onLaunch: OnLaunch | undefined) {
    this.#queue = new LaunchQueue((launch) => takeLaunch(launch, onLaunch))
    this.#queue.open()
  }

  /** Gives a launch to the app, after `ready` and those before it. */
  take(launch: Launch): Promise<LaunchOutcome> {
    return this.#queue.add(launch)
  }

  /** From now on, and until this is closed, the events are launches. */
  takeFrom(events: OpenEvents): void {
    this.#stopEvents = events.deliver((launch) => this.take(launch))
  }

  close(): void {
    this.#stopEvents?.()
    this.#queue.close()
  }
}

/** Gives a launch to the app, after `ready`, and brings a window of it to the front. */
async function takeLaunch(launch: Launch, onLaunch: OnLaunch = activate): Promise<LaunchOutcome> {
  await app.whenReady()
  const before = ownWindows()
  await onLaunch(launch)
  return bringToFront(ownWindows().filter((window) => !before.includes(window)))
}

/** What clicking the Dock icon does on macOS: every Electron template opens a window on it if there is none. */
function activate(): void {
  app.emit('activate', { preventDefault: () => undefined }, hasWindow())
}
