import { setTimeout } from 'node:timers/promises'
import type { IpcMainEvent, WebContents } from 'electron'
import {
  CONNECT_CHANNEL,
  EVENT_CHANNEL,
  FLUSH_CHANNEL,
  FLUSHED_CHANNEL,
  type NotesEvent,
} from '../../../shared/notes-bridge.ts'
import { isOurPage } from './page-url.ts'

const FLUSH_TIMEOUT_MS = 5_000

/** The way from the main process to the page. */
export class PageChannel {
  readonly #contents: WebContents
  #connected = false
  #waiting: NotesEvent[] = []

  constructor(contents: WebContents) {
    this.#contents = contents
    contents.ipc.on(CONNECT_CHANNEL, (event) => {
      if (isOurPage(event.senderFrame)) this.#connect()
    })
    contents.on('render-process-gone', () => {
      this.#connected = false
    })
  }

  /** Sends an event, as soon as the page listens. */
  post(event: NotesEvent): void {
    if (!this.#connected) this.#waiting.push(event)
    else if (!this.#contents.isDestroyed()) this.#contents.send(EVENT_CHANNEL, event)
  }

  /** Asks the page to save what it has not saved yet. False when it fails or says nothing for 5 s. */
  async flush(): Promise<boolean> {
    if (!this.#connected) return true
    const timeout = new AbortController()
    const saved = await Promise.race([
      this.#flushed(),
      setTimeout(FLUSH_TIMEOUT_MS, false, { signal: timeout.signal }),
    ])
    timeout.abort()
    return saved
  }

  #flushed(): Promise<boolean> {
    const { ipc } = this.#contents
    ipc.removeAllListeners(FLUSHED_CHANNEL)
    return new Promise((resolve) => {
      ipc.on(FLUSHED_CHANNEL, (event: IpcMainEvent, saved: unknown) => {
        if (isOurPage(event.senderFrame)) resolve(saved === true)
      })
      this.#contents.send(FLUSH_CHANNEL)
    })
  }

  #connect(): void {
    this.#connected = true
    const waiting = this.#waiting
    this.#waiting = []
    for (const event of waiting) this.post(event)
  }
}
