import { app } from 'electron'
import { workingDirectory } from '../../handoff/messages/launch.ts'
import type { Launch } from '../../handoff/messages/protocol.ts'
import { randomHex } from '../../runtime/random-hex.ts'

/**
 * What macOS asks a running app to open. On macOS a second click does not start a second process: the system sends the
 * first one `open-file` and `open-url` (electronjs.org/docs/latest/api/app#event-open-file-macos), also for what it was
 * started with. Each event becomes a launch.
 *
 * An app must listen before `ready`, so that it misses none.
 */
export class OpenEvents {
  static #ofThisProcess: OpenEvents | undefined
  #waiting: Launch[] = []
  #take: ((launch: Launch) => Promise<unknown>) | undefined

  /** The events of this process. Several claims share them, so that each event is delivered once. */
  static collect(): OpenEvents {
    OpenEvents.#ofThisProcess ??= new OpenEvents()
    return OpenEvents.#ofThisProcess
  }

  private constructor() {
    app.on('open-file', (event, path) => {
      event.preventDefault()
      this.#add({ files: [path], urls: [] })
    })
    app.on('open-url', (event, url) => {
      event.preventDefault()
      this.#add({ files: [], urls: [url] })
    })
  }

  /** A launch with the events so far. */
  addTo(launch: Launch): Launch {
    const files = this.#waiting.flatMap((waiting) => waiting.files)
    const urls = this.#waiting.flatMap((waiting) => waiting.urls)
    return { ...launch, files: [...launch.files, ...files], urls: [...launch.urls, ...urls] }
  }

  /** A launch, and then the events so far, each as a launch of its own. */
  after(launch: Launch): [Launch, ...Launch[]] {
    return [launch, ...this.#waiting]
  }

  /**
   * Delivers each event as a launch, first those that have come so far. Of several claims the first one gets them.
   *
   * @returns a function that ends this. Events then wait for another claim.
   */
  deliver(take: (launch: Launch) => Promise<unknown>): () => void {
    if (this.#take) return () => undefined
    this.#take = take
    for (const waiting of this.#waiting.splice(0)) this.#deliver(take, waiting)
    return () => {
      this.#take = undefined
    }
  }

  #add(opened: Pick<Launch, 'files' | 'urls'>): void {
    const launch = { id: randomHex(16), argv: [], cwd: workingDirectory(), ...opened }
    if (this.#take) this.#deliver(this.#take, launch)
    else this.#waiting.push(launch)
  }

  #deliver(take: (launch: Launch) => Promise<unknown>, launch: Launch): void {
    take(launch).catch((error: unknown) => console.error(error))
  }
}
