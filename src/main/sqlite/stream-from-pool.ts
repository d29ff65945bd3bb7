import type { CompiledQuery } from 'kysely'
import type { DatabasePool } from './database-pool.ts'
import { Place } from './protocol.ts'
import type { CombinedLimits } from './query-limits.ts'
import type { Result } from './requests.ts'
import { notReadonly, streamRows } from './stream-rows.ts'

/**
 * Streams from a reader that nobody else has meanwhile, so from one snapshot; the writer stays free. A statement that
 * writes is run by the writer as a whole, and its rows come as one chunk.
 */
export async function* streamFromPool(
  pool: DatabasePool,
  query: CompiledQuery,
  chunkSize: number,
  limits: CombinedLimits | undefined,
): AsyncGenerator<Result, void> {
  const refusal = pool.refusal(query.sql)
  if (refusal) throw refusal
  const link = await pool.readers.lease()
  try {
    yield* streamRows(link, query, Place.reader, chunkSize, limits)
    return
  } catch (error) {
    if (error !== notReadonly) throw error
  } finally {
    for (const id of link.jobs.keys()) pool.recover(link, id)
    pool.readers.giveBack(link)
    pool.noticeIdle()
  }
  yield await pool.execute(query, limits)
}
