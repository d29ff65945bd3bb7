import SqliteDatabase, { type Database, type Statement as PlainStatement } from 'better-sqlite3'
import { applyReaderPragmas, applyWriterPragmas } from '../../../src/main/sqlite/pragmas.ts'
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

/** Where a statement runs: on the pool, or on a connection that a callback or transaction has to itself. */
export type Where = 'pool' | 'held'

/** What the pool should do, done by plain better-sqlite3, one statement after the other. */
export class Model {
  readonly #path: string
  #names: Names
  #writer: Database
  #snapshot: Database | undefined
  /** Stands for the other connection on the pool's file. */
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

  /** Is ready for the next list, however the last one has ended. */
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
    // A connection has the row id of its last insert for whatever comes after it.
    return isFailure(outcome) || /^\W*insert/i.test(sql) ? outcome : { ...outcome, insertId: undefined }
  }

  /** Runs what the pool does not see, on the model's file or on the pool's. */
  runOn(connection: Database, statement: Statement): Outcome {
    return this.#run(connection, statement, 'held')
  }

  runText(sql: string): Outcome {
    return runPlainly(this.#writer, sql, [])
  }

  /** @returns what each statement gives, or how the first one or the commit fails; nothing stays then. */
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

  /** False when an error has made SQLite roll back by itself, or the model was told to. */
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
  // Nothing is lost that matters: the model lives as long as the test.
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

/** A write whose rows hold an integer beyond 2^53 leaves nothing. */
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
    // The release fails where it commits and a foreign key does not hold. An error may have rolled back everything.
    if (connection.inTransaction) connection.exec('rollback to model; release model')
    return failureOf(error)
  }
}

/** @returns undefined when an integer does not fit a number. */
function asRow(statement: PlainStatement<Value[], Value[]>, values: readonly Value[]): string | undefined {
  const names = statement.columns().map(({ name }) => name)
  const numbers: unknown[] = []
  for (const value of values) {
    if (typeof value === 'bigint' && !Number.isSafeInteger(Number(value))) return undefined
    numbers.push(typeof value === 'bigint' ? Number(value) : value)
  }
  return rowText(Object.fromEntries(names.map((name, index) => [name, numbers[index]])))
}
