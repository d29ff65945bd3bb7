import type { Database, Statement } from 'better-sqlite3'
import { type StatementKind, statementKind } from '../wire/leading-keyword.ts'
import type { IntegerPolicy } from '../wire/protocol.ts'

export interface CachedStatement {
  readonly statement: Statement<unknown[], unknown>
  readonly kind: StatementKind
  /** Returns rows. */
  readonly reader: boolean
  /** SQLite's own answer: sqlite.org/c3ref/stmt_readonly.html. */
  readonly readonly: boolean
  /** How long it took the last time, in milliseconds; undefined before the first. */
  lastTook: number | undefined
  /** How many rows it gave the last time. */
  lastCount: number | undefined
}

/**
 * The most recently used prepared statements of one connection.
 *
 * A statement stays valid after a schema change: SQLite recompiles it when it runs next. Its columns may be different
 * then, so this class stores nothing about them.
 */
export class StatementCache {
  readonly #connection: Database
  readonly #integers: IntegerPolicy
  readonly #size: number
  readonly #onLookup: (isCached: boolean) => void
  readonly #statements = new Map<string, CachedStatement>()

  constructor(
    connection: Database,
    integers: IntegerPolicy,
    size: number,
    onLookup: (isCached: boolean) => void,
  ) {
    this.#connection = connection
    this.#integers = integers
    this.#size = size
    this.#onLookup = onLookup
  }

  /** @throws better-sqlite3's SqliteError, or its RangeError when there is more or less than one statement. */
  get(sql: string): CachedStatement {
    const cached = this.#statements.get(sql)
    this.#onLookup(cached !== undefined)
    if (cached) {
      this.#statements.delete(sql)
      this.#statements.set(sql, cached)
      return cached
    }
    const prepared = this.prepareOwn(sql)
    // Some pragmas take effect while they are prepared (sqlite.org/pragma.html), so a second use prepares them again.
    if (prepared.kind === 'pragma') return prepared
    this.#statements.set(sql, prepared)
    if (this.#statements.size > this.#size) this.#dropOldest()
    return prepared
  }

  /** True for a statement that took less than half a millisecond the last time. */
  isQuick(sql: string): boolean {
    const took = this.#statements.get(sql)?.lastTook
    return took !== undefined && took < 0.5
  }

  /** A statement for a cursor. Only the cursor steps through it. */
  prepareOwn(sql: string): CachedStatement {
    const statement = this.#connection.prepare<unknown[], unknown>(sql)
    const { reader, readonly } = statement
    // The row id of an insert is exact that way, whatever the policy for columns.
    if (!reader || this.#integers === 'bigint') statement.safeIntegers(true)
    if (reader) statement.raw(true)
    return {
      statement,
      kind: statementKind(sql),
      reader,
      readonly,
      lastTook: undefined,
      lastCount: undefined,
    }
  }

  #dropOldest(): void {
    for (const sql of this.#statements.keys()) {
      this.#statements.delete(sql)
      return
    }
  }
}

/**
 * The column names of the rows that a statement returned last.
 *
 * Read them after a step, never before. If the schema has changed, SQLite recompiles the statement during the step, and
 * better-sqlite3 does not report it.
 */
export function namesAfterStep({ statement }: CachedStatement): string[] {
  return statement.columns().map(({ name }) => name)
}
