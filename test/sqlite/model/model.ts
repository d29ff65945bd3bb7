import SqliteDatabase, { type Database, type Statement as PlainStatement } from 'better-sqlite3'
import { applyReaderPragmas, applyWriterPragmas } from '../../../src/main/sqlite/open/pragmas.ts'
import type { Names } from './names.ts'
import {
  type Failure,
  failureOf,
  isFailure,
  lostCode,
  type Outcome,
  rangeCode,
  refusedCode,
  rowText,
  type Success,
} from './outcome.ts'
import { invalidParameter, plainParameters, type Value } from './parameters.ts'
import { compile, type Statement } from './statements.ts'

/** Where a statement runs: on the pool, or on a connection that one callback or transaction uses exclusively. */
export type Where = 'pool' | 'held'

/** The expected behavior of the pool, produced by plain better-sqlite3, one statement after the other. */
export class Model {
  readonly #path: string
  #names: Names
  #writer: Database
  #snapshot: Database | undefined
  /** Corresponds to the other connection to the pool's file. */
  readonly outside: Database

  constructor(path: string, names: Names) {
    this.#path = path
    this.#names = names
    this.#writer = openWriter(path)
    this.outside = openWriter(path)
  }

  close(): void {
    this.closeSnapshot()
    this.#writer.close()
    this.outside.close()
  }

  /** Prepares for the next list, however the last one ended. */
  start(names: Names): void {
    this.#names = names
    this.closeSnapshot()
    this.giveBackWriter()
  }

  run(statement: Statement, where: Where): Outcome {
    return this.#run(this.#writer, statement, where)
  }

  #run(connection: Database, statement: Statement, where: Where): Outcome {
    const { sql, parameters } = compile(statement, this.#names)
    const plain = plainParameters(parameters)
    if (!plain) return { error: invalidParameter }
    if (statement.refused === 'always' || (statement.refused === 'outside' && where === 'pool'))
      return { error: refusedCode }
    const outcome = runPlainly(connection, sql, plain)
    // A connection keeps the row id of its last insert for all later statements.
    return isFailure(outcome) || /^\W*insert/i.test(sql) ? outcome : { ...outcome, insertId: undefined }
  }

  /** Runs statements outside the pool, on the model's file or on the pool's file. */
  runOn(connection: Database, statement: Statement): Outcome {
    return this.#run(connection, statement, 'held')
  }

  runText(sql: string): Outcome {
    return runPlainly(this.#writer, sql, [])
  }

  /**
   * @returns the result of each statement, or the first failure of a statement or of the commit. Then nothing is kept.
   */
  batch(statements: readonly Statement[]): Success[] | Failure {
    if (statements.some((statement) => !plainParameters(compile(statement, this.#names).parameters)))
      return { error: invalidParameter }
    this.begin()
    const results: Success[] = []
    for (const statement of statements) {
      const outcome = this.run(statement, 'held')
      if (isFailure(outcome)) {
        this.rollBack()
        return outcome
      }
      results.push(outcome)
    }
    const committed = this.commit()
    return isFailure(committed) ? committed : results
  }

  begin(): void {
    this.#writer.exec('begin immediate')
  }

  /** False if SQLite has rolled back by itself after an error, or if the model has rolled back. */
  get isInTransaction(): boolean {
    return this.#writer.inTransaction
  }

  commit(): Outcome {
    if (!this.isInTransaction) return { error: lostCode }
    const outcome = attempt(() => this.#writer.exec('commit'))
    this.rollBack()
    return outcome
  }

  rollBack(): void {
    if (this.isInTransaction) this.#writer.exec('rollback')
  }

  savepoint(command: string): Outcome {
    return this.isInTransaction ? attempt(() => this.#writer.exec(command)) : { error: lostCode }
  }

  /** A new connection has the settings it should have, and no temporary tables. */
  giveBackWriter(): void {
    this.#writer.close()
    this.#writer = openWriter(this.#path)
  }

  get hasSnapshot(): boolean {
    return this.#snapshot !== undefined
  }

  openSnapshot(): void {
    const connection = new SqliteDatabase(this.#path, { readonly: true })
    applyReaderPragmas(connection, false)
    connection.exec('begin')
    // The first read takes the snapshot: sqlite.org/lang_transaction.html.
    connection.prepare('select 1 from sqlite_schema limit 1').get()
    this.#snapshot = connection
  }

  runInSnapshot(statement: Statement): Outcome {
    if (!this.#snapshot) throw new Error('the model has no snapshot')
    return this.#run(this.#snapshot, statement, 'held')
  }

  closeSnapshot(): void {
    this.#snapshot?.close()
    this.#snapshot = undefined
  }
}

function openWriter(path: string): Database {
  const connection = new SqliteDatabase(path)
  applyWriterPragmas(connection, false)
  // Durability does not matter here: the model exists only during the test.
  connection.pragma('synchronous = OFF')
  return connection
}

function attempt(work: () => void): Outcome {
  try {
    work()
    return { rows: [] }
  } catch (error) {
    return failureOf(error)
  }
}

function runPlainly(connection: Database, sql: string, parameters: readonly Value[]): Outcome {
  try {
    const statement = connection.prepare<Value[], Value[]>(sql).safeIntegers(true)
    if (!statement.reader) {
      const { changes, lastInsertRowid } = statement.run(...parameters)
      return { rows: [], changes: BigInt(changes), insertId: BigInt(lastInsertRowid) }
    }
    statement.raw(true)
    return statement.readonly
      ? readRows(statement, parameters)
      : writtenRows(connection, statement, parameters)
  } catch (error) {
    return failureOf(error)
  }
}

function readRows(statement: PlainStatement<Value[], Value[]>, parameters: readonly Value[]): Outcome {
  const rows: string[] = []
  try {
    for (const values of statement.iterate(...parameters)) {
      const row = asRow(statement, values)
      if (row === undefined) return { error: rangeCode, rowsBefore: rows }
      rows.push(row)
    }
    return { rows }
  } catch (error) {
    return { ...failureOf(error), rowsBefore: rows }
  }
}

/** A write that returns an integer beyond 2^53 is undone. */
function writtenRows(
  connection: Database,
  statement: PlainStatement<Value[], Value[]>,
  parameters: readonly Value[],
): Outcome {
  connection.exec('savepoint model')
  try {
    const rows = statement.all(...parameters).map((values) => asRow(statement, values))
    const exact = rows.filter((row) => row !== undefined)
    if (exact.length < rows.length) {
      connection.exec('rollback to model; release model')
      return { error: rangeCode }
    }
    connection.exec('release model')
    return { rows: exact }
  } catch (error) {
    // The release fails if it commits and a foreign key is violated. An error may have rolled back everything.
    if (connection.inTransaction) connection.exec('rollback to model; release model')
    return failureOf(error)
  }
}

/** @returns undefined if an integer does not fit in a number. */
function asRow(statement: PlainStatement<Value[], Value[]>, values: readonly Value[]): string | undefined {
  const names = statement.columns().map(({ name }) => name)
  const numbers: unknown[] = []
  for (const value of values) {
    if (typeof value === 'bigint' && !Number.isSafeInteger(Number(value))) return undefined
    numbers.push(typeof value === 'bigint' ? Number(value) : value)
  }
  return rowText(Object.fromEntries(names.map((name, index) => [name, numbers[index]])))
}
