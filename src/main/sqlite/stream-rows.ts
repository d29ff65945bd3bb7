import type { CompiledQuery } from 'kysely'
import { errorOf } from './failures.ts'
import { checkParameters } from './parameters.ts'
import { type Answer, AnswerType, noSlot, type Place, type Request, RequestType } from './protocol.ts'
import { type AbortOutcome, QueryAbortedError } from './query-errors.ts'
import { abortedSignalOf, type CombinedLimits, watchLimits } from './query-limits.ts'
import { ask, type Result } from './requests.ts'
import type { ThreadLink } from './thread-link.ts'

/** SQLite says that the statement may write, and the connection only reads. */
export const notReadonly = Symbol('not readonly')

/**
 * The rows of a query in chunks. The thread is one chunk ahead of the loop and no further. Leaving the loop closes
 * the cursor.
 *
 * @throws {QueryAbortedError} when the limits end it.
 */
export async function* streamRows(
  link: ThreadLink,
  { sql, parameters }: CompiledQuery,
  place: Place,
  chunkSize: number,
  limits: CombinedLimits = {},
  outcome: AbortOutcome = 'stopped',
): AsyncGenerator<Result, void> {
  const checked = checkParameters(sql, parameters)
  const ended = new Ending(sql, link, limits, outcome)
  let cursor = 0
  let isOpen = true
  const fetch = (request: (id: number) => Request) => ended.orAborted(ask(link, sql, request))
  let next = fetch((id) => {
    cursor = id
    return [RequestType.openCursor, id, ended.slot, place, sql, checked, Math.max(1, chunkSize)]
  })
  try {
    for (;;) {
      const answer = await next
      if (answer[0] === AnswerType.failed) throw errorOf(answer[3], sql)
      if (answer[0] === AnswerType.notReadonly) throw notReadonly
      if (answer[0] !== AnswerType.rows) return
      isOpen = !answer[7]
      if (isOpen) {
        next = fetch((id) => [RequestType.readCursor, id, cursor])
        next.catch(() => undefined) // Whoever takes the next chunk is told.
      }
      if (answer[5] > 0) yield { rows: link.rows(answer) }
      if (!isOpen) return
    }
  } finally {
    ended.stopWatching()
    // The thread looks at the slot until it has closed the cursor. Whoever aborted does not wait for that.
    const closed = (isOpen ? closeCursor(link, cursor) : Promise.resolve()).then(() => ended.giveBackSlot())
    await Promise.race([closed, ended.aborted.catch(() => undefined)])
  }
}

async function closeCursor(link: ThreadLink, cursor: number): Promise<void> {
  // A thread that ended has no cursor to close.
  await ask(link, '', (id) => [RequestType.closeCursor, id, cursor]).catch(() => undefined)
}

/** Watches over a stream's limits, from its first chunk to its last. */
class Ending {
  readonly slot: number
  readonly aborted: Promise<never>
  readonly #link: ThreadLink
  readonly stopWatching: () => void

  constructor(sql: string, link: ThreadLink, limits: CombinedLimits, outcome: AbortOutcome) {
    this.#link = link
    this.slot = link.control.takeSlot() ?? noSlot
    let abort: (cause: unknown) => void = () => undefined
    this.aborted = new Promise((_, reject) => {
      abort = (cause) => {
        if (this.slot !== noSlot) link.control.abort(this.slot)
        reject(new QueryAbortedError(sql, outcome, cause))
      }
    })
    this.aborted.catch(() => undefined) // A stream that nobody reads from just ends.
    const aborted = abortedSignalOf(limits)
    if (aborted) abort(aborted.reason)
    this.stopWatching = watchLimits(limits, abort)
  }

  orAborted(answer: Promise<Answer>): Promise<Answer> {
    return Promise.race([this.aborted, answer])
  }

  giveBackSlot(): void {
    if (this.slot !== noSlot) this.#link.control.giveBackSlot(this.slot)
  }
}
