import type { OptionChecks } from '../../shared/check-options.ts'
import { abortSignal, milliseconds } from '../../shared/option-kinds.ts'

/** What ends a query before its end. */
export interface QueryLimits {
  /** Gives the query up when it aborts; its reason is the `cause` of the error. */
  readonly signal?: AbortSignal | undefined
  /** How many milliseconds it may take, the waiting for a connection included. */
  readonly timeout?: number | undefined
}

export const queryLimitChecks: OptionChecks<QueryLimits> = { signal: abortSignal, timeout: milliseconds }

/**
 * A query's own limits and those of the `within()` it is made in. Two signals, and not one made of both: what
 * `AbortSignal.any` ties to a signal that lives long stays tied to it (seen in Node 20).
 */
export interface CombinedLimits extends QueryLimits {
  readonly outerSignal?: AbortSignal | undefined
}

/**
 * @param outer the limits of `within()`.
 * @param own what Kysely gives a query: a signal, or nothing.
 */
export function combineLimits(
  outer: QueryLimits | undefined,
  own: Pick<QueryLimits, 'signal'> | undefined,
): CombinedLimits | undefined {
  if (!outer) return own
  return own?.signal ? { ...outer, signal: own.signal, outerSignal: outer.signal } : outer
}

export function isLimited(limits: CombinedLimits | undefined): limits is CombinedLimits {
  return limits?.signal !== undefined || limits?.timeout !== undefined
}

/** The signal that has ended a query before it began. */
export function abortedSignalOf({ signal, outerSignal }: CombinedLimits): AbortSignal | undefined {
  return [signal, outerSignal].find((one) => one?.aborted)
}

/**
 * Calls `onEnd` when a signal aborts or the time is over.
 *
 * @returns what stops watching.
 */
export function watchLimits(
  { signal, outerSignal, timeout }: CombinedLimits,
  onEnd: (cause: unknown) => void,
): () => void {
  const onAbort = ({ target }: Event) => onEnd((target as AbortSignal).reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  outerSignal?.addEventListener('abort', onAbort, { once: true })
  const timer = timeout === undefined ? undefined : setTimeout(onEnd, timeout, undefined)
  return () => {
    signal?.removeEventListener('abort', onAbort)
    outerSignal?.removeEventListener('abort', onAbort)
    clearTimeout(timer)
  }
}
