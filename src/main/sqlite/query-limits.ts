/** What ends a query before its end. */
export interface QueryLimits {
  /** Gives the query up when it aborts; its reason is the `cause` of the error. */
  readonly signal?: AbortSignal | undefined
  /** How many milliseconds it may take, the waiting for a connection included. */
  readonly timeout?: number | undefined
}

export function isLimited(limits: QueryLimits | undefined): limits is QueryLimits {
  return limits?.signal !== undefined || limits?.timeout !== undefined
}

/**
 * Calls `onEnd` once, when the signal aborts or the time is over.
 *
 * @returns what stops watching.
 */
export function watchLimits({ signal, timeout }: QueryLimits, onEnd: (cause: unknown) => void): () => void {
  const onAbort = () => onEnd(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  const timer = timeout === undefined ? undefined : setTimeout(onEnd, timeout, undefined)
  return () => {
    signal?.removeEventListener('abort', onAbort)
    clearTimeout(timer)
  }
}
