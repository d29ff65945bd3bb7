import { app } from 'electron'
import type { Launch } from '../handoff/protocol.ts'
import { randomHex } from '../random-hex.ts'

/**
 * What macOS asks a running app to open. There a second click starts no second process: the system sends the first one
 * `open-file` and `open-url` (electronjs.org/docs/latest/api/app#event-open-file-macos), also for what it was started
 * with. Both go the way of a launch that was handed over.
 *
 * Listening has to begin before `ready`, so that nothing is missed.
 */
export class OpenEvents {
  #waiting: Pick<Launch, 'files' | 'urls'>[] = []
  #take: ((launch: Launch) => Promise<unknown>) | undefined

  static collect(): OpenEvents {
    const events = new OpenEvents()
    if (process.platform !== 'darwin') return events
    app.on('open-file', (event, path) => {
      event.preventDefault()
      events.#add({ files: [path], urls: [] })
    })
    app.on('open-url', (event, url) => {
      event.preventDefault()
      events.#add({ files: [], urls: [url] })
    })
    return events
  }

  /** A launch with what has come so far, for an owner elsewhere. */
  addTo(launch: Launch): Launch {
    const files = this.#waiting.flatMap((waiting) => waiting.files)
    const urls = this.#waiting.flatMap((waiting) => waiting.urls)
    return { ...launch, files: [...launch.files, ...files], urls: [...launch.urls, ...urls] }
  }

  /** From now on each event is a launch of its own, those that came before first. */
  deliver(take: (launch: Launch) => Promise<unknown>): void {
    this.#take = take
    for (const waiting of this.#waiting.splice(0)) this.#deliver(take, waiting)
  }

  #add(opened: Pick<Launch, 'files' | 'urls'>): void {
    if (this.#take) this.#deliver(this.#take, opened)
    else this.#waiting.push(opened)
  }

  #deliver(take: (launch: Launch) => Promise<unknown>, opened: Pick<Launch, 'files' | 'urls'>): void {
    const launch = { id: randomHex(16), argv: [], cwd: process.cwd(), ...opened }
    take(launch).catch((error: unknown) => console.error(error))
  }
}
