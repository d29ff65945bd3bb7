interface Watched {
  readonly handlers: Set<() => void>
  readonly listener: () => void
}

const watched = new WeakMap<AbortSignal, Watched>()

/**
 * Calls a function when a signal aborts. A signal has one listener, even if many queries share it: Node warns of a leak
 * when there are more than ten.
 *
 * @returns a function that removes this call.
 */
export function onAbort(signal: AbortSignal, handler: () => void): () => void {
  let entry = watched.get(signal)
  if (!entry) {
    const handlers = new Set<() => void>()
    entry = { handlers, listener: () => callAll(handlers) }
    watched.set(signal, entry)
  }
  const { handlers, listener } = entry
  if (handlers.size === 0) signal.addEventListener('abort', listener)
  handlers.add(handler)
  return () => {
    if (handlers.delete(handler) && handlers.size === 0) signal.removeEventListener('abort', listener)
  }
}

function callAll(handlers: ReadonlySet<() => void>): void {
  for (const handler of [...handlers]) handler()
}
