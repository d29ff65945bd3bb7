import type { DatabaseMismatch } from '../errors/open-errors.ts'
import type { CheckpointRecord } from '../files/checkpoint-record.ts'

/** What a start finds before SQLite opens anything. */
export interface BelongingFacts {
  /** The last record, if there is one. */
  readonly record: { readonly phase: CheckpointRecord['phase']; readonly hasChanges: boolean } | undefined
  readonly isInWalMode: boolean
  /**
   * - `missing`: there is no log, or another file than the recorded one without a committed frame.
   * - `blank`: the recorded file has no committed frame. A power cut does that to a log that was not on the disk yet.
   * - `frames`: it has committed frames.
   */
  readonly log: 'missing' | 'blank' | 'frames'
  /**
   * - `recorded`: it is the recorded log.
   * - `next`: SQLite has started the recorded log over. All of it was in the database then.
   * - `other`: it is another log.
   */
  readonly salts: 'recorded' | 'next' | 'other'
  /**
   * - `as-recorded`: its content is the recorded one.
   * - `covered`: the log has every page that differs from the recorded content, so that it makes the database whole.
   * - `between`: each sampled page has the recorded content or that of a frame in the log.
   * - `like-log`: at least one page has the content of its newest frame in the log.
   * - `before-log`: it is the recorded file, and was last written after the record and before the log.
   * - `other`: nothing of that.
   */
  readonly database: 'as-recorded' | 'covered' | 'between' | 'like-log' | 'before-log' | 'other'
}

/**
 * Decides whether a database and its log belong together. A whole directory that was copied or moved does, and so does
 * what another SQLite program left behind when it was killed.
 *
 * @returns undefined when they do.
 */
export function mismatchOf({
  record,
  isInWalMode,
  log,
  salts,
  database,
}: BelongingFacts): DatabaseMismatch | undefined {
  // SQLite removes the log before it takes a database out of WAL mode. A log next to such a file is from another one.
  if (log === 'frames' && !isInWalMode) return 'database-replaced'
  if (!record || record.phase === 'empty') return undefined
  if (log !== 'frames') {
    // Another SQLite program that had emptied the log would have changed the database.
    const isLost = log === 'missing' && record.hasChanges && database === 'as-recorded'
    return isLost ? 'log-missing' : undefined
  }
  if (database === 'as-recorded') {
    // Without changes in the recorded log, the next program that writes starts a new one.
    return record.hasChanges && salts === 'other' ? 'log-replaced' : undefined
  }
  // A killed checkpoint of ours, or one of another SQLite program that had the database open too.
  const isOnItsWay = database === 'covered' || (database === 'between' && record.phase === 'checkpointing')
  if (isOnItsWay && salts !== 'other') return undefined
  if (salts === 'recorded') return 'database-replaced'
  // Another SQLite program has started a new log, after it had written to the database or moved a part of the log there.
  const isWritten = database === 'like-log' || database === 'before-log'
  const isBegun = !record.hasChanges && (database === 'covered' || database === 'between')
  return isWritten || isBegun ? undefined : 'database-replaced'
}
