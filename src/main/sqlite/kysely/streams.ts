import type { CompiledQuery, QueryResult } from 'kysely'
import { InvalidOptionError } from '../../../shared/data-dir-error.ts'
import { type AbortOutcome, ConnectionReleasedError } from '../errors/query-errors.ts'
import { answerIn, PlainJob, type Result } from '../links/jobs.ts'
import type { LimitWatch } from '../links/query-limits.ts'
import type { ThreadLink } from '../links/thread-link.ts'
import { isRead, type Scheduler } from '../scheduling/scheduler.ts'
import type { Lease } from '../scheduling/writer-queue.ts'
import { AnswerType, noSlot, Place, RequestType } from '../wire/protocol.ts'

/**
 * Streams from a reader that no other caller uses meanwhile, so from one snapshot. The writer stays free. If the
 * statement writes, the writer runs it completely.
 */
export async function* streamFromPool(
  scheduler: Scheduler,
  query: CompiledQuery,
  chunkSize: number,
  watch: LimitWatch | undefined,
): AsyncGenerator<Result, void> {
  scheduler.demandOpen(query.sql)
  // With one connection, the loop could not use the database until the stream ends.
  if (scheduler.hasReaders && isRead(query)) {
    const reader = new ReaderLease(scheduler)
    try {
      if (yield* streamRows(scheduler, reader, query, chunkSize, watch)) return
    } finally {
      reader.release()
    }
  }
  const result = await scheduler.execute(query, watch)
  yield* chunksOf(result, chunkSize, () => watch?.demandTime(query.sql, 'committed'))
}

/** A reader for one stream. */
class ReaderLease implements StreamSource {
  readonly place = Place.reader
  readonly #scheduler: Scheduler
  #lease: Lease | undefined
  #link: ThreadLink | undefined

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  lease(): Promise<ThreadLink> {
    return new Promise((resolve, refuse) => {
      this.#lease = {
        grant: (link) => {
          this.#link = link
          resolve(link)
        },
        refuse,
      }
      this.#scheduler.lease('reader', this.#lease)
    })
  }

  withdraw(): void {
    if (this.#lease) this.#scheduler.withdraw(this.#lease)
  }

  release(): void {
    const link = this.#link
    if (!link) return
    // An aborted stream does not wait for SQLite to return.
    for (const id of link.jobs.keys()) this.#scheduler.recover(link, id)
    this.#scheduler.giveBack(link)
  }
}

/** Where a stream reads from. */
interface StreamSource {
  lease(): Promise<ThreadLink>
  /** Stops waiting for the lease. */
  withdraw(): void
  readonly place: Place
  /** @throws when the connection was given back while the lease was on its way. */
  demandUsable?(): void
  /** Applies an abort there. It may return another outcome. */
  onAborted?(outcome: AbortOutcome): AbortOutcome
}

/**
 * The rows of a query in chunks. The thread is one chunk ahead of the loop and no further. Leaving the loop closes
 * the cursor.
 *
 * @param chunkSize in rows. A chunk ends earlier if a message is full.
 * @returns false, without a chunk, if SQLite reports that the statement writes. It then has to run completely first.
 * @throws {QueryAbortedError} when the limits are reached before the loop requests more than the last row.
 */
export async function* streamRows(
  scheduler: Scheduler,
  source: StreamSource,
  { sql, parameters }: CompiledQuery,
  chunkSize: number,
  watch: LimitWatch | undefined,
): AsyncGenerator<Result, boolean> {
  const onAborted = (outcome: AbortOutcome) => source.onAborted?.(outcome) ?? outcome
  const check = scheduler.parameterCheck()
  const values = check.check(sql, parameters)
  if (watch?.isReached) throw watch.error(sql, onAborted('not-run'))
  const leased = source.lease()
  const link = watch
    ? await watch.race(leased, sql, () => {
        source.withdraw()
        return onAborted('not-run')
      })
    : await leased
  const opening = new PlainJob(
    sql,
    ({ id, slot }) => [RequestType.openCursor, id, slot, source.place, sql, values, chunkSize],
    { bytes: check.bytes, keepsSlot: true, watch },
  )
  const abandon = () => {
    if (opening.slot !== noSlot) link.control.abort(opening.slot)
    // The job may still wait for a slot.
    opening.fail(() => new Error('the stream was aborted'))
    return onAborted('stopped')
  }
  source.demandUsable?.()
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
      if (answer[0] !== AnswerType.rows) throw new ConnectionReleasedError(sql)
      if (isOpen) {
        next = new PlainJob(sql, ({ id }) => [RequestType.readCursor, id, opening.id])
        link.send(next)
      }
      if (answer[4] > 0) yield { rows: scheduler.builders.get(answer[3]).build(answer[4], answer[5]) }
      if (watch?.isReached) throw watch.error(sql, abandon())
      if (!isOpen) return true
    }
  } finally {
    // The thread may be reading ahead. In a transaction an abort would end the transaction, so this waits instead.
    if (isOpen && source.place === Place.reader && opening.slot !== noSlot) {
      link.control.abort(opening.slot)
      for (const id of link.jobs.keys()) scheduler.recover(link, id)
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
  await link.request(({ id }) => [RequestType.closeCursor, id, cursor]).catch(() => undefined)
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
