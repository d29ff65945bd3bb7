import type { CompiledQuery } from 'kysely'
import { ConnectionReleasedError } from '../errors/query-errors.ts'
import type { Result } from '../links/jobs.ts'
import type { LimitWatch } from '../links/query-limits.ts'
import type { ThreadLink } from '../links/thread-link.ts'
import { type ConnectionPool, isRead } from '../scheduling/connection-pool.ts'
import type { Lease } from '../scheduling/waiting-line.ts'
import { Place } from '../wire/protocol.ts'
import { chunksOf, streamRows } from './streams.ts'

/**
 * Streams from a reader that no other caller uses meanwhile, so from one snapshot. The writer stays free. If the
 * statement writes, the writer runs it completely.
 */
export async function* streamFromPool(
  pool: ConnectionPool,
  query: CompiledQuery,
  chunkSize: number,
  watch: LimitWatch | undefined,
): AsyncGenerator<Result, void> {
  const refusal = pool.refusal(query.sql)
  if (refusal) throw refusal
  // With one connection, the loop could not use the database until the stream ends.
  if (pool.hasReaders && isRead(query)) {
    const reader = new ReaderLease(pool)
    try {
      if (yield* streamRows(pool, reader, query, chunkSize, watch)) return
    } finally {
      reader.release()
    }
  }
  const result = await pool.execute(query, watch)
  yield* chunksOf(result, chunkSize, () => watch?.demandTime(query.sql, 'committed'))
}

/** A reader for one stream. */
class ReaderLease {
  readonly place = Place.reader
  readonly #pool: ConnectionPool
  #lease: Lease | undefined
  #link: ThreadLink | undefined

  constructor(pool: ConnectionPool) {
    this.#pool = pool
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
      this.#pool.readers.lease(this.#lease)
    })
  }

  withdraw(): void {
    if (this.#lease) this.#pool.readers.withdrawLease(this.#lease)
    this.#pool.noticeIdle()
  }

  demandUsable(): void {
    // It is given back by the stream itself.
  }

  onAborted<Outcome>(outcome: Outcome): Outcome {
    return outcome
  }

  cutShort(sql: string): Error {
    return new ConnectionReleasedError(sql)
  }

  release(): void {
    const link = this.#link
    if (!link) return
    // An aborted stream does not wait for SQLite to return.
    for (const id of link.jobs.keys()) this.#pool.aborts.recover(link, id)
    this.#pool.readers.giveBack(link)
    this.#pool.noticeIdle()
  }
}
