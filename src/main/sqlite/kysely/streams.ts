import type { CompiledQuery, QueryResult } from 'kysely'
import { InvalidOptionError } from '../../../shared/data-dir-error.ts'
import type { AbortOutcome } from '../errors/query-errors.ts'
import { answerIn, ask, PlainJob, type Result } from '../links/jobs.ts'
import type { LimitWatch } from '../links/query-limits.ts'
import type { ThreadLink } from '../links/thread-link.ts'
import type { ConnectionPool } from '../scheduling/connection-pool.ts'
import { AnswerType, noSlot, Place, RequestType } from '../wire/protocol.ts'

/** Where a stream reads from. */
export interface StreamSource {
  lease(): Promise<ThreadLink>
  /** Stops waiting for the lease. */
  withdraw(): void
  /** @throws when the connection was given back while the lease was on its way. */
  demandUsable(): void
  readonly place: Place
  /** Applies an abort there. */
  onAborted(outcome: AbortOutcome): AbortOutcome
  /** Why the cursor was closed before its last row, when it was not the stream that closed it. */
  cutShort(sql: string): Error
}

/**
 * The rows of a query in chunks. The thread is one chunk ahead of the loop and no further. Leaving the loop closes
 * the cursor.
 *
 * @param chunkSize in rows. A chunk ends earlier if a message is full.
 * @returns false, without a chunk, if SQLite reports that the statement writes. It then has to run completely first.
 * @throws {QueryAbortedError} when the limits are reached before the loop has asked for more than the last row.
 */
export async function* streamRows(
  pool: ConnectionPool,
  source: StreamSource,
  { sql, parameters }: CompiledQuery,
  chunkSize: number,
  watch: LimitWatch | undefined,
): AsyncGenerator<Result, boolean> {
  const check = pool.parameterCheck()
  const values = check.check(sql, parameters)
  if (watch?.isReached) throw watch.error(sql, source.onAborted('not-run'))
  const leased = source.lease()
  const link = watch
    ? await watch.race(leased, sql, () => {
        source.withdraw()
        return source.onAborted('not-run')
      })
    : await leased
  const opening = new PlainJob(
    sql,
    ({ id, slot }) => [RequestType.openCursor, id, slot, source.place, sql, values, chunkSize],
    { bytes: check.bytes, keepsSlot: true, ...(watch && { watch }) },
  )
  const abandon = () => {
    if (opening.slot !== noSlot) link.control.abort(opening.slot)
    // The job may still wait for a slot.
    opening.fail(() => new Error('the stream was aborted'))
    return source.onAborted('stopped')
  }
  source.demandUsable()
  link.send(opening)
  let isOpen = true
  let next = opening
  try {
    for (;;) {
      const outcome = watch ? await watch.race(next.outcome, sql, abandon) : await next.outcome
      const { answer } = answerIn(outcome, sql)
      isOpen = answer[0] === AnswerType.rows && !answer[6]
      if (answer[0] === AnswerType.notReadonly) return false
      // The cursor was closed under the loop. To end here would look as if there were no more rows.
      if (answer[0] !== AnswerType.rows) throw source.cutShort(sql)
      if (isOpen) {
        next = new PlainJob(sql, ({ id }) => [RequestType.readCursor, id, opening.id])
        link.send(next)
      }
      if (answer[4] > 0) yield { rows: pool.builders.get(answer[3]).build(answer[4], answer[5]) }
      if (watch?.isReached) throw watch.error(sql, abandon())
      if (!isOpen) return true
    }
  } finally {
    // The thread may be reading ahead. In a transaction an abort would end the transaction, so there it is waited for.
    if (isOpen && source.place === Place.reader && opening.slot !== noSlot) {
      link.control.abort(opening.slot)
      for (const id of link.jobs.keys()) pool.aborts.recover(link, id)
    }
    // The thread checks the slot until it has closed the cursor. An aborted stream does not wait for that.
    const closed = (isOpen ? closeCursor(link, opening.id) : Promise.resolve()).then(() =>
      giveBackSlot(link, opening),
    )
    if (!watch?.isReached) await closed
  }
}

async function closeCursor(link: ThreadLink, cursor: number): Promise<void> {
  // A thread that ended has no cursor to close.
  await ask(link, '', ({ id }) => [RequestType.closeCursor, id, cursor]).catch(() => undefined)
}

function giveBackSlot(link: ThreadLink, job: PlainJob): void {
  if (job.slot === noSlot) return
  link.control.giveBackSlot(job.slot)
  job.slot = noSlot
  link.sendBacklog()
}

/**
 * Splits a complete result into chunks.
 *
 * @param demandTime throws when the limits of the stream are reached.
 */
export function* chunksOf<R>(
  result: QueryResult<R>,
  chunkSize: number,
  demandTime: () => void,
): Generator<QueryResult<R>> {
  const { rows } = result
  for (let start = 0; start < rows.length; start += chunkSize) {
    yield { rows: rows.slice(start, start + chunkSize) }
    demandTime()
  }
}

/** @throws {InvalidOptionError} for a chunk size that is not a whole number, 1 or greater. */
export function demandChunkSize(chunkSize: unknown): void {
  if (Number.isSafeInteger(chunkSize) && (chunkSize as number) >= 1) return
  throw new InvalidOptionError(
    'chunkSize',
    `The chunk size of a stream cannot be ${String(chunkSize)}.`,
    'Give the number of rows in a chunk: a whole number, 1 or greater.',
  )
}
