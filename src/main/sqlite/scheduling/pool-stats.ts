import { stat } from 'node:fs/promises'
import type { ThreadLink } from '../links/thread-link.ts'
import type { Scheduler } from './scheduler.ts'

/** The state of one connection. */
export interface ConnectionStats {
  /** `leased`: a transaction or stream has it to itself. `starting`: it is being opened, or opened again. */
  readonly state: 'idle' | 'busy' | 'leased' | 'starting'
  /** How many requests it has answered since it was opened. */
  readonly served: number
  /** How many requests were sent to it and are not answered yet. */
  readonly inHand: number
  /**
   * The median time that SQLite took for the last 512 requests, in milliseconds; undefined before the first request.
   */
  readonly p50: number | undefined
  /**
   * The 99th percentile of the time that SQLite took for the last 512 requests, in milliseconds; undefined before the
   * first request.
   */
  readonly p99: number | undefined
  /** How many statements were already prepared (`hits`), and how many had to be prepared (`misses`). */
  readonly statementCache: { readonly hits: number; readonly misses: number }
}

/** The state of a pool and its connections. */
export interface PoolStats {
  /** The connection that writes. */
  readonly writer: ConnectionStats
  /** The connections that read at present, including those for streams and read-only transactions. */
  readonly readers: readonly ConnectionStats[]
  /** How many queries and transactions wait for a connection. */
  readonly waiting: { readonly forWriter: number; readonly forReader: number }
  /** The size of the write-ahead log, `NAME.db-wal`, in bytes; 0 if there is no log. */
  readonly walBytes: number
}

/** Returns how the pool is doing. It sends nothing to a connection, so it works while all of them are busy. */
export async function poolStats({ writer, readers, path }: Scheduler): Promise<PoolStats> {
  // SQLite removes the log when the last connection closes, and makes it with the first write.
  const wal = await stat(`${path}-wal`).catch(() => undefined)
  return {
    writer: connectionStats(writer.link, writer.isLeased),
    readers: readers.links.map((link) => connectionStats(link, readers.isLeased(link))),
    waiting: { forWriter: writer.queueLength, forReader: readers.queueLength },
    walBytes: wal?.size ?? 0,
  }
}

function connectionStats(link: ThreadLink | undefined, isLeased: boolean): ConnectionStats {
  const inHand = link?.load ?? 0
  const state = !link?.isOpen ? 'starting' : isLeased ? 'leased' : inHand > 0 ? 'busy' : 'idle'
  return {
    state,
    served: link?.served ?? 0,
    inHand,
    p50: link?.latencies.quantile(0.5),
    p99: link?.latencies.quantile(0.99),
    statementCache: link?.control.statementCache ?? { hits: 0, misses: 0 },
  }
}
