import type { EventEmitter } from 'node:events'
import { app, type Event } from 'electron'

type Close = () => Promise<void>

interface Order {
  readonly closers: Set<Close>
  isListening: boolean
  isGivenUp: boolean
  /** Set as soon as the end of the app is certain. */
  closing: Promise<void> | undefined
}

// On globalThis, so that two copies of this package close together. Otherwise, the app would end when the first copy is
// done. And if one copy prevents the quit, the other would assume that the app did.
const orderKey = Symbol.for('electron-datadir.quit.v1')
const orderHolder = globalThis as { [orderKey]?: Order }
orderHolder[orderKey] ??= { closers: new Set(), isListening: false, isGivenUp: false, closing: undefined }
const order = orderHolder[orderKey]

/**
 * How long a process that has no data may stay for its app's `will-quit` listeners, in milliseconds. A listener that
 * waits for the data would wait forever.
 */
const patience = 5_000
/** How long the app may take to create or remove its shortcuts, in milliseconds. */
const squirrelPatience = 5_000

/**
 * Closes something asynchronous before the app ends: after the last window was closed, the menu was used, or SIGTERM or
 * SIGINT came (which Electron turns into `app.quit()`). Several are closed at the same time.
 *
 * It runs on `will-quit`, which comes only after every window has agreed to close
 * (electronjs.org/docs/latest/api/app#event-will-quit), and after the app's own listeners of `will-quit`. If a window
 * or one of these listeners prevents the quit, nothing is closed until the next quit. The app ends with
 * `process.exitCode`.
 *
 * @returns a function that takes it back.
 */
export function closeBeforeQuit(close: Close): () => void {
  if (!order.isListening) {
    order.isListening = true
    app.on('will-quit', onWillQuit).on('before-quit', comeLast)
    // Also for a listener that is added during a quit, for example when a window has closed.
    const emitter: EventEmitter = app
    emitter.on('newListener', (event, listener) => {
      if (event === 'will-quit' && listener !== onWillQuit) process.nextTick(comeLast)
    })
  }
  order.closers.add(close)
  return () => order.closers.delete(close)
}

/**
 * Quits a process that Squirrel's installer has started, after 5 s, if the app's own handler has not quit it by then.
 * Squirrel itself ends it 10 s after `--squirrel-uninstall` (github.com/Squirrel/Squirrel.Windows).
 */
export function quitAfterSquirrelEvent(): void {
  setTimeout(() => app.quit(), squirrelPatience)
}

/** A signal that aborts before the app ends. From now on, the app ends with `process.exitCode`. */
export function quitSignal(): AbortSignal {
  const quitting = new AbortController()
  closeBeforeQuit(async () => quitting.abort())
  return quitting.signal
}

/**
 * Notes that something cannot be closed, because its filesystem does not answer. The app then ends by SIGKILL: every other
 * end waits for the threads that wait for the filesystem.
 */
export function giveUpClosing(): void {
  order.isGivenUp = true
}

/**
 * Ends the app without asking its windows, after everything that {@link closeBeforeQuit} was given is closed. The app's own
 * listeners of `will-quit` run first, as for any other end. If one of them prevents the end, this returns at once: the app
 * ends when it quits again, and in any case after 5 s.
 */
export async function closeAndExit(code: number): Promise<void> {
  process.exitCode = code
  comeLast()
  try {
    app.emit('will-quit', willQuitEvent())
  } catch (error) {
    // A listener of the app threw it. So the last listener, the one of this package, was not called.
    console.error(error)
    onEnd()
  }
  if (order.closing) await order.closing
  else setTimeout(onEnd, patience)
}

/** An event like Electron's own. app.quit() would ask the windows, and would end with code 0. */
function willQuitEvent(): Pick<Event, 'preventDefault' | 'defaultPrevented'> {
  let defaultPrevented = false
  return {
    preventDefault() {
      defaultPrevented = true
    },
    get defaultPrevented() {
      return defaultPrevented
    },
  }
}

/** Listeners are called in the order in which they were added. Only the last one sees what all others have done. */
function comeLast(): void {
  app.off('will-quit', onWillQuit).on('will-quit', onWillQuit)
}

function onWillQuit(event: Pick<Event, 'preventDefault' | 'defaultPrevented'>): void {
  // The app does something first, and then quits again.
  if (event.defaultPrevented && !order.closing) return
  event.preventDefault()
  onEnd()
}

function onEnd(): void {
  order.closing ??= closeAll()
}

async function closeAll(): Promise<void> {
  for (const result of await Promise.allSettled([...order.closers].map((close) => close()))) {
    // The process ends anyway. The kernel drops the lock, and SQLite's journal survives a crash.
    if (result.status === 'rejected') console.error(result.reason)
  }
  if (order.isGivenUp) process.kill(process.pid, 'SIGKILL')
  // Not quit(): Electron 33 ignores it so soon after a will-quit that followed the closing of a window.
  app.exit(Number(process.exitCode ?? 0))
}
