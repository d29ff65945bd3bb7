import type { Database, Statement } from 'better-sqlite3'
import { isPragma } from './leading-keyword.ts'
import type { IntegerPolicy } from './protocol.ts'

export interface CachedStatement {
  readonly statement: Statement<unknown[], unknown>
  /** Returns rows. */
  readonly reader: boolean
  /** What SQLite says: sqlite.org/c3ref/stmt_readonly.html. */
  readonly readonly: boolean
  /** `begin`, `commit`, `savepoint`, `attach` and the like: SQLite calls them read-only, and they return no rows. */
  readonly changesConnection: boolean
  shape: number
  names: readonly string[]
  /** How long it took the last time, in milliseconds; undefined before the first. */
  lastTook: number | undefined
}

/** The prepared statements of one connection, the most recently used ones. */
export class StatementCache {
  readonly #connection: Database
  readonly #integers: IntegerPolicy
  readonly #size: number
  readonly #onLookup: (isCached: boolean) => void
  readonly #statements = new Map<string, CachedStatement>()
  readonly #shapes = new Map<string, number>()

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

  /** @throws better-sqlite3's SqliteError, or its RangeError where there is more or less than one statement. */
  get(sql: string): CachedStatement {
    const cached = this.#statements.get(sql)
    this.#onLookup(cached !== undefined)
    if (cached) {
      this.#statements.delete(sql)
      this.#statements.set(sql, cached)
      return cached
    }
    const prepared = this.#prepare(sql)
    this.#statements.set(sql, prepared)
    if (this.#statements.size > this.#size) this.#dropOldest()
    return prepared
  }

  /** True for a statement that took less than half a millisecond the last time. */
  isQuick(sql: string): boolean {
    const took = this.#statements.get(sql)?.lastTook
    return took !== undefined && took < 0.5
  }

  /** A statement for a cursor: nobody else steps through it. */
  prepareOwn(sql: string): CachedStatement {
    return this.#prepare(sql)
  }

  /** What was prepared may have other columns now. */
  clear(): void {
    this.#statements.clear()
  }

  #dropOldest(): void {
    for (const sql of this.#statements.keys()) {
      this.#statements.delete(sql)
      return
    }
  }

  #prepare(sql: string): CachedStatement {
    const statement = this.#connection.prepare<unknown[], unknown>(sql)
    const { reader, readonly } = statement
    // The row id of an insert is exact that way, whatever the policy for columns.
    if (!reader || this.#integers === 'bigint') statement.safeIntegers(true)
    if (reader) statement.raw(true)
    const names = reader ? statement.columns().map((column) => column.name) : []
    return {
      statement,
      reader,
      readonly,
      changesConnection: readonly && !reader && !isPragma(sql),
      shape: this.#shapeOf(names),
      names,
      lastTook: undefined,
    }
  }

  #shapeOf(names: readonly string[]): number {
    const key = JSON.stringify(names)
    let shape = this.#shapes.get(key)
    if (shape === undefined) {
      shape = this.#shapes.size
      this.#shapes.set(key, shape)
    }
    return shape
  }
}
