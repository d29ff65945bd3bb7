import type { Database } from 'better-sqlite3'

/** What a checkpoint came to, in pages of the write-ahead log. */
export interface CheckpointResult {
  /** Whether somebody else's reading or writing kept it from being complete. */
  readonly busy: boolean
  /** How many pages the log has; 0 after a truncating checkpoint that was complete. */
  readonly walPages: number
  /** How many of them are in the database. */
  readonly checkpointedPages: number
}

/**
 * Moves pages from the write-ahead log into the database, as far as it goes without waiting for anybody
 * (sqlite.org/pragma.html#pragma_wal_checkpoint). PASSIVE never waits. TRUNCATE would, as long as `busy_timeout`
 * says: that is set to nothing for it, and its row tells whether anybody was in the way.
 *
 * @returns undefined inside a transaction, where SQLite allows no checkpoint.
 */
export function checkpoint(connection: Database, mode: 'passive' | 'truncate'): CheckpointResult | undefined {
  if (connection.inTransaction) return undefined
  const timeout = connection.pragma('busy_timeout', { simple: true })
  connection.pragma('busy_timeout = 0')
  try {
    const [row] = connection.pragma(`wal_checkpoint(${mode})`) as CheckpointRow[]
    return { busy: row?.busy === 1, walPages: row?.log ?? 0, checkpointedPages: row?.checkpointed ?? 0 }
  } finally {
    connection.pragma(`busy_timeout = ${timeout}`)
  }
}

/** How far the log is moved into the database, in pages of the log. */
export type LogState = Omit<CheckpointResult, 'busy'>

/**
 * How far the log is moved into the database. Moves nothing (sqlite.org/pragma.html#pragma_wal_checkpoint).
 *
 * @throws better-sqlite3's SqliteError inside a transaction.
 */
export function logState(connection: Database): LogState {
  const [row] = connection.pragma('wal_checkpoint(noop)') as CheckpointRow[]
  return { walPages: row?.log ?? 0, checkpointedPages: row?.checkpointed ?? 0 }
}

interface CheckpointRow {
  readonly busy: number
  readonly log: number
  readonly checkpointed: number
}
