import type { AbortableQueryOptions } from 'kysely'
import type { Limit } from './steps.ts'

/** A limit in the form that a query accepts. */
export interface Armed {
  /** For `within()`. */
  readonly timeout: number | undefined
  readonly options: AbortableQueryOptions
  /** Call it after the query is called, in the same tick. */
  start(): void
}

export function armed(limit: Limit | undefined): Armed {
  const none = { timeout: undefined, options: {}, start: () => undefined }
  if (!limit) return none
  if (limit.by === 'timeout' && typeof limit.at === 'number') return { ...none, timeout: limit.at }
  const controller = new AbortController()
  const abort = () => controller.abort(new Error('on purpose'))
  if (limit.at === 'before') abort()
  return {
    timeout: undefined,
    options: {
      signal: controller.signal,
      ...(limit.by === 'ignored query' && { inflightQueryAbortStrategy: 'ignore query' }),
    },
    start: () => {
      if (limit.at === 'tick') abort()
      else if (typeof limit.at === 'number') setTimeout(abort, limit.at)
    },
  }
}
