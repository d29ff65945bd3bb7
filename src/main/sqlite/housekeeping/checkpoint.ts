import type { Database } from 'better-sqlite3'

/** The result of a checkpoint, in pages of the write-ahead log. */
export interface CheckpointResult {
  /** Whether a reader or writer kept the checkpoint from being complete. */
  readonly busy: boolean
  /** How many pages the log has; 0 after a truncating checkpoint that was complete. */
  readonly walPages: number
  /** How many of them are in the database. */
  readonly checkpointedPages: number
}

/** How far the log is moved into the database, in pages of the log. */
export type LogState = Omit<CheckpointResult, 'busy'>

/**
 * Moves pages from the write-ahead log into the database, as far as possible without waiting
 * (sqlite.org/pragma.html#pragma_wal_checkpoint). PASSIVE never waits. TRUNCATE waits for `busy_timeout`, which is 0
 * meanwhile.
 *
 * @param schema the name of the database, if it is an attached one.
 * @returns undefined inside a transaction, because SQLite allows no checkpoint there.
 */
export function checkpoint(
  connection: Database,
  mode: 'passive' | 'truncate',
  schema = 'main',
): CheckpointResult | undefined {
  if (connection.inTransaction) return undefined
  const timeout = connection.pragma('busy_timeout', { simple: true })
  connection.pragma('busy_timeout = 0')
  try {
    return walCheckpoint(connection, mode, schema)
  } finally {
    connection.pragma(`busy_timeout = ${timeout}`)
  }
}

/**
 * How far the log is moved into the database. Moves nothing (sqlite.org/pragma.html#pragma_wal_checkpoint).
 *
 * @throws better-sqlite3's SqliteError inside a transaction.
 */
export function logState(connection: Database): LogState {
  return walCheckpoint(connection, 'noop', 'main')
}

function walCheckpoint(connection: Database, mode: string, schema: string): CheckpointResult {
  const [row] = connection.pragma(`"${schema}".wal_checkpoint(${mode})`) as [
    Record<'busy' | 'log' | 'checkpointed', number>,
  ]
  return { busy: row.busy === 1, walPages: row.log, checkpointedPages: row.checkpointed }
}
