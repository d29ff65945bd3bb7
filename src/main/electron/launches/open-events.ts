import { app } from 'electron'
import { workingDirectory } from '../../handoff/messages/launch.ts'
import type { Launch } from '../../handoff/messages/protocol.ts'
import { randomHex } from '../../runtime/random-hex.ts'

// What macOS asks a running app to open. On macOS a second click does not start a second process: the system sends the first
// one `open-file` and `open-url` (electronjs.org/docs/latest/api/app#event-open-file-macos), also for what it was started
// with. Each event becomes a launch.

type Take = (launch: Launch) => Promise<unknown>

const waiting: Launch[] = []
const underWay = new Set<Launch>()
let taker: Take | undefined
let isListening = false

/**
 * Listens from now on. An app must do so before `ready`, so that it misses no event. Several claims share the events, so that
 * each is delivered once.
 */
export function collectOpenEvents(): void {
  if (isListening) return
  isListening = true
  app.on('open-file', (event, path) => {
    event.preventDefault()
    add({ files: [path], urls: [] })
  })
  app.on('open-url', (event, url) => {
    event.preventDefault()
    add({ files: [], urls: [url] })
  })
}

/** Returns a launch with the events so far. */
export function withOpenEvents(launch: Launch): Launch {
  const files = waiting.flatMap((opened) => opened.files)
  const urls = waiting.flatMap((opened) => opened.urls)
  return { ...launch, files: [...launch.files, ...files], urls: [...launch.urls, ...urls] }
}

/** Returns a launch, and then the events so far, each as a launch of its own. */
export function beforeOpenEvents(launch: Launch): [Launch, ...Launch[]] {
  return [launch, ...waiting]
}

/**
 * Delivers each event as a launch, first those that have come so far. Of several claims the first one gets them.
 *
 * @returns a function that ends this. Events that were not delivered, and those to come, then wait for another claim.
 */
export function deliverOpenEvents(take: Take): () => void {
  if (taker) return () => undefined
  taker = take
  for (const launch of waiting.splice(0)) deliver(take, launch)
  return () => {
    taker = undefined
    waiting.push(...underWay)
    underWay.clear()
  }
}

function add(opened: Pick<Launch, 'files' | 'urls'>): void {
  const launch = { id: randomHex(16), argv: [], cwd: workingDirectory(), ...opened }
  if (taker) deliver(taker, launch)
  else waiting.push(launch)
}

function deliver(take: Take, launch: Launch): void {
  underWay.add(launch)
  take(launch)
    .catch((error: unknown) => console.error(error))
    .finally(() => underWay.delete(launch))
}
