import type { Database } from 'better-sqlite3'
import { isSqliteError, sqliteError } from '../../runtime/better-sqlite3.ts'
import { findDatabaseHolder, isCorruption, namingHolder } from '../errors/causes.ts'
import { type RefusalReason, StatementRefusedError } from '../errors/query-errors.ts'
import { markForCheck } from '../files/check-mark.ts'
import type { FileGuard } from '../housekeeping/file-guard.ts'

/**
 * The pragmas that change a connection and can be read back (sqlite.org/pragma.html). Pragmas that change the file,
 * such as `user_version`, are not included, because they are data.
 */
const readable = [
  'analysis_limit',
  'automatic_index',
  'busy_timeout',
  'cache_size',
  'cache_spill',
  'cell_size_check',
  'checkpoint_fullfsync',
  'count_changes',
  'defer_foreign_keys',
  'empty_result_callbacks',
  'foreign_keys',
  'full_column_names',
  'fullfsync',
  'ignore_check_constraints',
  'journal_mode',
  'journal_size_limit',
  'legacy_alter_table',
  'locking_mode',
  'max_page_count',
  'mmap_size',
  'query_only',
  'read_uncommitted',
  'recursive_triggers',
  'reverse_unordered_selects',
  'secure_delete',
  'short_column_names',
  'synchronous',
  'temp_store',
  'threads',
  'trusted_schema',
  'wal_autocheckpoint',
  'writable_schema',
] as const

/**
 * The state of a connection besides its transaction and the file: its settings, its temporary tables, views and
 * triggers, and whether it may write.
 */
export class ConnectionState {
  readonly #connection: Database
  /** Of the connection that writes. */
  readonly #guard: FileGuard | undefined
  readonly #initial: Map<string, unknown>
  /** True if the lock or a file was lost. Reads go on. */
  refusesWrites = false
  /** If the pool has no readers, the connection that writes also runs the read-only transactions. */
  #isReadOnly = false
  #hasMarkedDamage = false

  /** The settings that the connection has now are the ones that are restored later. */
  constructor(connection: Database, guard: FileGuard | undefined) {
    this.#connection = connection
    this.#guard = guard
    this.#initial = new Map(readable.map((name) => [name, this.#read(name)]))
  }

  /** From now on SQLite refuses writes: sqlite.org/pragma.html#pragma_query_only. */
  refuseWrites(): void {
    this.refusesWrites = true
    this.#initial.set('query_only', 1)
    this.#connection.pragma('query_only = ON')
  }

  /** @throws better-sqlite3's SqliteError, as if the connection only read. */
  refuseWrite(): never {
    // Preparing a pragma may have turned this off.
    this.#connection.pragma('query_only = ON')
    throw readonlyError()
  }

  /** Until {@link endReadOnly}, SQLite refuses writes on the connection that writes. */
  beginReadOnly(): void {
    if (this.#connection.readonly) return
    this.#isReadOnly = true
    this.#connection.pragma('query_only = ON')
  }

  endReadOnly(): void {
    if (!this.#isReadOnly) return
    this.#isReadOnly = false
    if (!this.refusesWrites) this.#connection.pragma('query_only = OFF')
  }

  /**
   * Runs a pragma. It may take effect while it is prepared, so its changes are checked after it has run.
   *
   * @param isShared whether other callers use the connection too. Then the pragma must not change it.
   * @throws {StatementRefusedError} if it has changed a shared connection. The change is undone.
   */
  runPragma<Answer>(sql: string, isShared: boolean, run: () => Answer): Answer {
    const guard = this.#guard
    if (/\bjournal_mode\b/i.test(sql)) guard?.suspend()
    try {
      if (!guard || !/\bwal_checkpoint\b/i.test(sql)) return run()
      const answer = guard.checkpoint(run)
      // Another process may be changing the database.
      if (answer === undefined)
        throw this.refusesWrites ? readonlyError() : sqliteError('database is locked', 'SQLITE_BUSY')
      return answer
    } finally {
      const hasChanged = isShared && this.restore()
      // A checkpoint by a commit could not be recorded, so housekeeping does them all.
      if (guard && /\bwal_autocheckpoint\b/i.test(sql)) this.#connection.pragma('wal_autocheckpoint = 0')
      guard?.resume()
      if (hasChanged) refuse('connection-setting')
    }
  }

  /** Undoes what a lease has changed. Call it outside a transaction. */
  reset(): void {
    this.endReadOnly()
    this.restore()
    this.#guard?.resume()
    this.#dropTemporaryObjects()
  }

  /**
   * Looks at an error before its answer is sent, since the process may be killed right after. Damage is marked for the
   * next open. If the database is locked, the error names the process that keeps it locked.
   */
  examine(error: unknown): void {
    const { name: path } = this.#connection
    if (isCorruption(error) && !this.#hasMarkedDamage) {
      this.#hasMarkedDamage = true
      markForCheck(path, error)
    }
    if (!isSqliteError(error) || !error.code.startsWith('SQLITE_BUSY')) return
    const holder = findDatabaseHolder(path)
    if (holder) Object.assign(error, { holder, message: namingHolder(error.message, holder) })
  }

  /**
   * Restores every setting to its initial value. Call it outside a transaction, because some settings cannot change
   * inside one.
   *
   * @returns whether a setting had changed.
   */
  restore(): boolean {
    let hasChanged = false
    for (const [name, value] of this.#initial) {
      if (this.#read(name) === value) continue
      this.#connection.pragma(`${name} = ${String(value)}`)
      hasChanged = true
    }
    return this.#restoreLike() || hasChanged
  }

  /** `case_sensitive_like` cannot be read. It replaces the function that LIKE calls. */
  #restoreLike(): boolean {
    const isInitial = this.#connection.prepare(`select 'a' like 'A'`).pluck().get() === 1
    if (!isInitial) this.#connection.pragma('case_sensitive_like = OFF')
    return !isInitial
  }

  #read(name: string): unknown {
    return this.#connection.pragma(name, { simple: true })
  }

  /** @throws {StatementRefusedError} if there is a temporary table, view or trigger. */
  refuseTemporaryObjects(): void {
    const hasOne = this.#connection.prepare('select 1 from sqlite_temp_schema limit 1').get() !== undefined
    if (hasOne) refuse('temporary-object')
  }

  #dropTemporaryObjects(): void {
    // Triggers and views are dropped first, so that the tables that they name can be dropped.
    const objects = this.#connection
      .prepare(
        `select type, name from sqlite_temp_schema where type in ('table', 'view', 'trigger') order by type desc`,
      )
      .all() as { readonly type: string; readonly name: string }[]
    for (const { type, name } of objects)
      this.#connection.exec(`drop ${type} if exists temp."${name.replaceAll('"', '""')}"`)
  }
}

/** @throws {StatementRefusedError} The main thread adds the SQL. */
export function refuse(reason: RefusalReason): never {
  throw new StatementRefusedError('', reason)
}

/** SQLite's error for a write on a connection that only reads. */
function readonlyError(): Error {
  return sqliteError('attempt to write a readonly database', 'SQLITE_READONLY')
}
