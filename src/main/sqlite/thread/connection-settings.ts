import type { Database } from 'better-sqlite3'

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

interface TemporaryObject {
  readonly type: 'table' | 'view' | 'trigger'
  readonly name: string
}

/** The state of a connection besides the file: its settings, and its temporary tables, views and triggers. */
export class ConnectionSettings {
  readonly #connection: Database
  readonly #initial: ReadonlyMap<string, unknown>

  /** The settings that the connection has now are the ones that are restored later. */
  constructor(connection: Database) {
    this.#connection = connection
    this.#initial = new Map(readable.map((name) => [name, this.#read(name)]))
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

  get hasTemporaryObjects(): boolean {
    return this.#connection.prepare('select 1 from sqlite_temp_schema limit 1').get() !== undefined
  }

  dropTemporaryObjects(): void {
    // Triggers and views are dropped first, so that the tables that they name can be dropped.
    const objects = this.#connection
      .prepare(
        `select type, name from sqlite_temp_schema where type in ('table', 'view', 'trigger') order by type desc`,
      )
      .all() as TemporaryObject[]
    for (const { type, name } of objects)
      this.#connection.exec(`drop ${type} if exists temp."${name.replaceAll('"', '""')}"`)
  }
}
