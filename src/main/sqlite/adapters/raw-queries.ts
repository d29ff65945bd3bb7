import { CompiledQuery } from 'kysely'
import { checkOptions } from '../../../shared/check-options.ts'
import { ConnectionReleasedError, StatementRefusedError } from '../errors/query-errors.ts'
import type { QueryLog } from '../kysely/executor.ts'
import { LeasedConnection } from '../kysely/leased-connection.ts'
import type { RawParameters, RawResult } from '../links/jobs.ts'
import { type QueryLimits, queryLimitChecks, withinLimits } from '../links/query-limits.ts'
import type { Scheduler } from '../scheduling/scheduler.ts'
import { splitStatements } from './split-statements.ts'
import { type TransactionControl, transactionControl } from './transaction-control.ts'

/** SQL text for a pool or a lease, for query builders other than Kysely. */
export interface RawQueries {
  /**
   * Runs one statement. Its rows are arrays, so columns with the same name keep their values. Kysely's `plugins` do not
   * apply, but `log` does.
   *
   * @param parameters an array, or an object with names. Default none.
   * @param limits a signal, a timeout in milliseconds, or both. Default none.
   * @throws {QueryAbortedError} when the signal aborts or the timeout expires.
   * @throws {InvalidOptionError} for unknown limits, and for values that are not allowed.
   * @throws SQLite's own error, better-sqlite3's `SqliteError`, with the statement as `sql`.
   *
   * @example
   * ```ts
   * const { columns, rows } = await pool.raw('select id, text from note where id > ?', [7])
   * const { changes } = await pool.raw('delete from note where id = :id', { id: 7 }, { timeout: 500 })
   * ```
   */
  raw(sql: string, parameters?: RawParameters, limits?: QueryLimits): Promise<RawResult>
  /**
   * Runs all statements of a text on the writer. Their rows are discarded.
   *
   * On a pool, the statements run in one transaction: either all of them take effect or none. On a lease, they run one
   * by one, and may begin and end transactions. The limits then apply to each of them.
   *
   * @param limits a signal, a timeout in milliseconds, or both. Default none.
   * @throws the errors of {@link raw}. On a pool, `sql` is the whole text.
   */
  exec(sql: string, limits?: QueryLimits): Promise<void>
}

/** A pool as other query builders use it. */
export interface RawPool extends RawQueries {
  /**
   * Leases the writer: until {@link PoolLease.release}, no other caller uses it. The wait for the writer begins with
   * the first statement.
   *
   * @param limits a signal, a timeout in milliseconds, or both, for the wait. Default none.
   * @throws {PoolClosedError} when the pool is closed.
   * @throws {NestedQueryError} inside a transaction of the same pool.
   *
   * @example
   * ```ts
   * using lease = pool.lease()
   * await lease.raw('begin')
   * await lease.raw('insert into note (text) values (?)', ['new'])
   * await lease.raw('commit')
   * ```
   */
  lease(limits?: QueryLimits): PoolLease
}

/**
 * The writer, leased for one caller. `begin`, `commit`, `rollback`, `savepoint` and `release` are statements like any
 * other. Every `begin` is a `begin immediate`. These statements have no limits.
 *
 * A lease that is never released keeps every write of the pool waiting, until the write fails with a
 * {@link PoolBusyError}.
 */
export interface PoolLease extends RawQueries, Disposable {
  /**
   * Runs a callback. Until it ends, queries on the pool inside it are refused, as in a Kysely transaction. Otherwise, a
   * write on the pool would wait for the end of the lease, and a read would not see the changes of the lease.
   *
   * @returns what the callback returns.
   */
  hold<Value>(callback: () => Promise<Value>): Promise<Value>
  /**
   * Gives the writer back. An open transaction is rolled back, changed settings are restored, and temporary tables are
   * dropped. A second call does nothing.
   */
  release(): void
}

/** The raw queries of a pool. */
export function rawPool(scheduler: Scheduler, log: QueryLog | undefined): RawPool {
  return {
    raw: (sql, parameters = [], limits = {}) =>
      runRaw(log, { sql, parameters, limits }, (watch) => scheduler.executeRaw(sql, parameters, watch)),
    async exec(sql, limits = {}) {
      checkOptions('exec', limits, queryLimitChecks)
      const statements = splitStatements(sql).map((statement) => CompiledQuery.raw(statement))
      if (statements.length === 0) return
      await withinLimits(limits, (watch) => logged(log, sql, [], () => scheduler.batch(statements, watch)))
    },
    lease(limits = {}) {
      checkOptions('lease', limits, queryLimitChecks)
      scheduler.demandOpen(undefined)
      return new RawLease(scheduler, log, limits)
    },
  }
}

interface RawQuery {
  readonly sql: string
  readonly parameters: RawParameters
  readonly limits: QueryLimits
}

async function runRaw(
  log: QueryLog | undefined,
  { sql, parameters, limits }: RawQuery,
  run: (watch: Parameters<Parameters<typeof withinLimits>[1]>[0]) => Promise<RawResult>,
): Promise<RawResult> {
  checkOptions('raw', limits, queryLimitChecks)
  return await withinLimits(limits, (watch) => logged(log, sql, parameters, () => run(watch)))
}

async function logged<Value>(
  log: QueryLog | undefined,
  sql: string,
  parameters: RawParameters,
  run: () => Promise<Value>,
): Promise<Value> {
  return await (log ? log.run(CompiledQuery.raw(sql, Object.values(parameters)), run) : run())
}

class RawLease implements PoolLease {
  readonly #scheduler: Scheduler
  readonly #log: QueryLog | undefined
  readonly #connection: LeasedConnection
  #isReleased = false
  /** Resolves when the last `begin`, `commit` and so on has ended. A statement after it waits for that. */
  #controlling: Promise<void> | undefined

  constructor(scheduler: Scheduler, log: QueryLog | undefined, limits: QueryLimits) {
    this.#scheduler = scheduler
    this.#log = log
    this.#connection = new LeasedConnection(scheduler, limits)
  }

  async raw(sql: string, parameters: RawParameters = [], limits: QueryLimits = {}): Promise<RawResult> {
    const before = this.#controlling
    const control = transactionControl(sql)
    if (control === undefined) {
      return await runRaw(this.#log, { sql, parameters, limits }, async (watch) => {
        // If there is nothing to wait for, the statement is sent synchronously, so that a release cannot come before
        // it.
        if (before) await before
        return await this.#connection.executeRaw(sql, parameters, watch)
      })
    }
    checkOptions('raw', limits, queryLimitChecks)
    await this.#inOrder(() => logged(this.#log, sql, [], () => this.#control(control, sql)))
    return { columns: [], rows: [], changes: 0, lastInsertRowid: undefined }
  }

  async #inOrder(work: () => Promise<void>): Promise<void> {
    const working = (this.#controlling ?? Promise.resolve()).then(work)
    const settled = working.catch(() => undefined)
    this.#controlling = settled
    await working.finally(() => {
      if (this.#controlling === settled) this.#controlling = undefined
    })
  }

  async #control(control: TransactionControl, sql: string): Promise<void> {
    if (this.#isReleased) throw new ConnectionReleasedError(sql)
    const isBegin = control === 'begin'
    if (isBegin === this.#connection.isInTransaction)
      throw new StatementRefusedError(sql, 'transaction-state')
    await (isBegin ? this.#connection.begin({}) : this.#connection.end(control, sql))
  }

  async exec(sql: string, limits: QueryLimits = {}): Promise<void> {
    checkOptions('exec', limits, queryLimitChecks)
    for (const statement of splitStatements(sql)) await this.raw(statement, [], limits)
  }

  async hold<Value>(callback: () => Promise<Value>): Promise<Value> {
    return await this.#scheduler.holding(callback)
  }

  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#connection.release()
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
