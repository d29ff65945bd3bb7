import type { InflightQueryAbortStrategy } from 'kysely'
import type { OptionChecks } from '../../../shared/check-options.ts'
import { InvalidOptionError } from '../../../shared/data-dir-error.ts'
import { abortSignal, milliseconds } from '../../../shared/option-kinds.ts'
import { type AbortOutcome, QueryAbortedError } from '../errors/query-errors.ts'

/** The limits of a query. */
export interface QueryLimits {
  /** Cancels the query when it aborts. The signal's reason is the `cause` of the error. */
  readonly signal?: AbortSignal | undefined
  /** How many milliseconds the query may take, including the wait for a connection. */
  readonly timeout?: number | undefined
}

export const queryLimitChecks: OptionChecks<QueryLimits> = { signal: abortSignal, timeout: milliseconds }

/**
 * A query's own limits and those of the `within()` it is made in. They are two signals, because `AbortSignal.any`
 * leaks: what it ties to a long-lived signal stays tied to it (seen in Node 20).
 */
export interface CombinedLimits extends QueryLimits {
  readonly outerSignal?: AbortSignal | undefined
  /** Whether a query that was already sent is canceled or left running. Default: canceled. */
  readonly inflightQueryAbortStrategy?: InflightQueryAbortStrategy | undefined
}

/** The limits that Kysely gives a query or a connection. */
export type KyselyLimits = Pick<CombinedLimits, 'signal' | 'inflightQueryAbortStrategy'>

/**
 * @param outer the limits of `within()`.
 * @param own what Kysely gives a query.
 * @throws {InvalidOptionError} for a strategy that SQLite does not support, or that does not exist.
 */
export function combineLimits(
  outer: QueryLimits | undefined,
  own: KyselyLimits | undefined,
): CombinedLimits | undefined {
  const strategy = own?.inflightQueryAbortStrategy
  if (strategy !== undefined) checkStrategy(strategy)
  if (!outer) return own
  return own?.signal ? { ...outer, ...own, outerSignal: outer.signal } : outer
}

function checkStrategy(strategy: unknown): void {
  if (strategy === 'cancel query' || strategy === 'ignore query') return
  throw new InvalidOptionError(
    'inflightQueryAbortStrategy',
    `inflightQueryAbortStrategy cannot be ${JSON.stringify(strategy)}: a pool can cancel or ignore a query.`,
    "Use 'cancel query', which is the default, or 'ignore query'.",
  )
}

/** Watches the limits of one query, from its call to its last row. */
export class LimitWatch {
  readonly isLeftRunning: boolean
  readonly #limits: CombinedLimits
  readonly #timer: NodeJS.Timeout | undefined
  readonly #stops: (() => void)[] = []
  #reached: { readonly cause: unknown } | undefined
  #onReached: ((cause: unknown) => void) | undefined

  private constructor(limits: CombinedLimits) {
    this.#limits = limits
    this.isLeftRunning = limits.inflightQueryAbortStrategy === 'ignore query'
    const { signal, outerSignal, timeout } = limits
    const aborted = [signal, outerSignal].find((one) => one?.aborted)
    if (aborted) {
      this.#reached = { cause: aborted.reason }
      return
    }
    for (const one of [signal, outerSignal]) {
      if (one) this.#stops.push(onAbort(one, () => this.#reach(one.reason)))
    }
    if (timeout !== undefined) this.#timer = setTimeout(() => this.#reach(undefined), timeout)
  }

  /** @returns undefined when there is nothing to watch. */
  static start(limits: CombinedLimits | undefined): LimitWatch | undefined {
    const isLimited = limits?.signal || limits?.outerSignal || limits?.timeout !== undefined
    return isLimited ? new LimitWatch(limits) : undefined
  }

  /** The query's own signal. */
  get signal(): AbortSignal | undefined {
    return this.#limits.signal
  }

  get isReached(): boolean {
    return this.#reached !== undefined
  }

  /** Lets the limits end only the next part of the query. Call it only while they are not reached. */
  set onReached(handler: ((cause: unknown) => void) | undefined) {
    this.#onReached = handler
  }

  /** The error of a query that its limits have ended. */
  error(sql: string, outcome: AbortOutcome): QueryAbortedError {
    return new QueryAbortedError(sql, outcome, this.#reached?.cause)
  }

  /** @throws {QueryAbortedError} when the limits are reached. */
  demandTime(sql: string, outcome: AbortOutcome): void {
    if (this.#reached) throw this.error(sql, outcome)
  }

  /**
   * Waits for one part of a query.
   *
   * @param abandon is called when the limits are reached first. It returns the outcome of the query.
   * @throws {QueryAbortedError} when the limits are reached.
   */
  async race<Value>(work: Promise<Value>, sql: string, abandon: () => AbortOutcome): Promise<Value> {
    if (this.#reached) {
      work.catch(() => undefined)
      throw this.error(sql, abandon())
    }
    let end: (outcome: AbortOutcome) => void = () => undefined
    // A new promise for each part. One promise for the whole stream would hold on to something for each of its chunks.
    const ended = new Promise<{ outcome: AbortOutcome }>((resolve) => {
      end = (outcome) => resolve({ outcome })
    })
    this.#onReached = () => end(abandon())
    const settled = work.then((value) => ({ value }))
    const first = await Promise.race([settled, ended])
    this.#onReached = undefined
    if ('value' in first) return first.value
    settled.catch(() => undefined)
    throw this.error(sql, first.outcome)
  }

  /** The limits were reached too late. The query continues as if it had none. */
  dismiss(): void {
    this.stop()
    this.#reached = undefined
  }

  /** Call it when the query has ended, for any reason. */
  stop(): void {
    this.#onReached = undefined
    clearTimeout(this.#timer)
    for (const stop of this.#stops.splice(0)) stop()
  }

  #reach(cause: unknown): void {
    this.#reached ??= { cause }
    this.#onReached?.(cause)
  }
}

/** Runs a query under its limits. */
export async function withinLimits<Value>(
  limits: CombinedLimits | undefined,
  run: (watch: LimitWatch | undefined) => Promise<Value>,
): Promise<Value> {
  const watch = LimitWatch.start(limits)
  if (!watch) return await run(undefined)
  try {
    return await run(watch)
  } finally {
    watch.stop()
  }
}

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
function onAbort(signal: AbortSignal, handler: () => void): () => void {
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
