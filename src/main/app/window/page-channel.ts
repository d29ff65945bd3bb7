import type { IpcMainEvent, WebContents } from 'electron'
import {
  CONNECT_CHANNEL,
  EVENT_CHANNEL,
  FLUSH_CHANNEL,
  FLUSHED_CHANNEL,
  type NotesEvent,
} from '../../../shared/notes/bridge.ts'
import { isOurPage } from './page-url.ts'

const FLUSH_TIMEOUT_MS = 5_000

/** Sends events from the main process to the page. */
export class PageChannel {
  readonly #contents: WebContents
  #connected = false
  #waiting: NotesEvent[] = []

  constructor(contents: WebContents) {
    this.#contents = contents
    contents.ipc.on(CONNECT_CHANNEL, (event) => {
      if (!isOurPage(event.senderFrame)) return
      this.#connected = true
      for (const waiting of this.#waiting.splice(0)) this.post(waiting)
    })
    contents.on('render-process-gone', () => {
      this.#connected = false
    })
  }

  /** Sends an event, when the page is ready for events. */
  post(event: NotesEvent): void {
    if (!this.#connected) this.#waiting.push(event)
    else if (!this.#contents.isDestroyed()) this.#contents.send(EVENT_CHANNEL, event)
  }

  /** Asks the page to save its unsaved changes. False if that fails, or the page does not answer for 5 s. */
  async flush(): Promise<boolean> {
    if (!this.#connected) return true
    const { ipc } = this.#contents
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, FLUSH_TIMEOUT_MS, false)
      ipc.removeAllListeners(FLUSHED_CHANNEL)
      ipc.on(FLUSHED_CHANNEL, (event: IpcMainEvent, saved: unknown) => {
        if (!isOurPage(event.senderFrame)) return
        clearTimeout(timer)
        resolve(saved === true)
      })
      this.#contents.send(FLUSH_CHANNEL)
    })
  }
}
