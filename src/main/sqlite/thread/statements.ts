import type { Database, Statement } from 'better-sqlite3'
import { IntegerRangeError, ResultTooLargeError, StatementRefusedError } from '../errors/query-errors.ts'
import { bytesOf, layOut } from '../wire/cells.ts'
import { isKeyPragma, type StatementKind, statementKind } from '../wire/leading-keyword.ts'
import {
  AnswerType,
  type Cell,
  type DoneAnswer,
  type IntegerPolicy,
  largestValueBytes,
  messageBytes,
  noSlot,
  type OpenCursorRequest,
  type Parameters,
  type RowsAnswer,
} from '../wire/protocol.ts'
import type { ThreadControl } from '../wire/thread-control.ts'

type Row = readonly Cell[]

export interface PreparedStatement {
  readonly statement: Statement<unknown[], unknown>
  readonly kind: StatementKind
  /** Returns rows. */
  readonly reader: boolean
  /** SQLite's own answer: sqlite.org/c3ref/stmt_readonly.html. */
  readonly readonly: boolean
  /** How long it took the last time, in milliseconds; undefined before the first. */
  lastTook: number | undefined
  /** How many rows it returned the last time. */
  lastCount: number | undefined
}

interface Cursor {
  readonly prepared: PreparedStatement
  readonly rows: Iterator<Row>
  readonly slot: number
  readonly chunkSize: number
}

/** If the last result was this small, better-sqlite3 fetches all rows in one call. */
const rowsInOneGo = 1_000

/**
 * The statements of one connection: the most recently used ones stay prepared, and each open cursor has its own.
 *
 * A statement stays valid after a schema change: SQLite recompiles it when it runs next. Its columns may be different
 * then, so this class stores nothing about them.
 */
export class Statements {
  readonly #connection: Database
  readonly #control: ThreadControl
  readonly #integers: IntegerPolicy
  readonly #size: number
  readonly #cache = new Map<string, PreparedStatement>()
  readonly #cursors = new Map<number, Cursor>()
  /** About how many bytes the last answer takes in a message. */
  answerBytes = 0

  /** @param size how many statements stay prepared. */
  constructor(connection: Database, control: ThreadControl, integers: IntegerPolicy, size: number) {
    this.#connection = connection
    this.#control = control
    this.#integers = integers
    this.#size = size
  }

  /** @throws better-sqlite3's SqliteError, or its RangeError when there is more or less than one statement. */
  get(sql: string): PreparedStatement {
    const cached = this.#cache.get(sql)
    this.#control.countStatement(cached !== undefined)
    if (cached) {
      this.#cache.delete(sql)
      this.#cache.set(sql, cached)
      return cached
    }
    const prepared = this.#prepare(sql)
    // Some pragmas take effect while they are prepared (sqlite.org/pragma.html), so a second use prepares them again.
    if (prepared.kind === 'pragma') return prepared
    this.#cache.set(sql, prepared)
    if (this.#cache.size > this.#size) {
      const [oldest = ''] = this.#cache.keys()
      this.#cache.delete(oldest)
    }
    return prepared
  }

  /** True for a statement that took less than half a millisecond the last time. */
  isQuick(sql: string): boolean {
    const took = this.#cache.get(sql)?.lastTook
    return took !== undefined && took < 0.5
  }

  #prepare(sql: string): PreparedStatement {
    // A pragma does its work while it is prepared.
    if (isKeyPragma(sql)) throw new StatementRefusedError('', 'encryption-key')
    const statement = this.#connection.prepare<unknown[], unknown>(sql)
    const { reader, readonly } = statement
    // This makes the row ID of an insert exact, whatever the policy for columns is.
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

  /**
   * Runs a statement to its end.
   *
   * @param slot is watched for an abort.
   * @param started when the request arrived, in milliseconds.
   * @returns undefined if it was aborted.
   * @throws {IntegerRangeError} {ResultTooLargeError}
   */
  execute(
    prepared: PreparedStatement,
    id: number,
    slot: number,
    parameters: Parameters,
    started: number,
  ): RowsAnswer | DoneAnswer | undefined {
    if (prepared.reader) {
      const rows = this.#rows(prepared, parameters, slot)
      if (!rows) return undefined
      prepared.lastTook = performance.now() - started
      return this.#rowsAnswer(prepared, id, prepared.lastTook, rows, true)
    }
    const { changes, lastInsertRowid } = prepared.statement.run(parameters)
    if (this.#control.isAborted(slot)) return undefined
    prepared.lastTook = performance.now() - started
    return [AnswerType.done, id, prepared.lastTook, changes, BigInt(lastInsertRowid)]
  }

  /**
   * All rows of a statement. The statement is stepped row by row if it can be aborted or if its result may be large.
   * When better-sqlite3 fetches all rows at once, it does not stop before the last row, even if the thread's heap is
   * full.
   */
  #rows(prepared: PreparedStatement, parameters: Parameters, slot: number): readonly Row[] | undefined {
    const { statement, readonly, lastCount } = prepared
    const isExact = this.#integers === 'bigint'
    // A write cannot run a second time, so its integers are read exactly the first time.
    if (!isExact && !readonly) return exactRows(prepared, parameters)
    const isSmall = lastCount !== undefined && lastCount <= rowsInOneGo
    const rows =
      isSmall && slot === noSlot
        ? (statement.all(parameters) as Row[])
        : this.#step(statement.iterate(parameters) as Iterable<Row>, slot)
    prepared.lastCount = rows?.length
    if (rows === undefined || isExact || !rows.some(mayBeRounded)) return rows
    return exactRows(prepared, parameters)
  }

  #step(source: Iterable<Row>, slot: number): Row[] | undefined {
    const rows: Row[] = []
    for (const row of source) {
      if (this.#control.isAborted(slot)) return undefined
      rows.push(row)
    }
    return this.#control.isAborted(slot) ? undefined : rows
  }

  /** @param took in milliseconds. */
  #rowsAnswer(
    prepared: PreparedStatement,
    id: number,
    took: number,
    rows: readonly Row[],
    isLast: boolean,
  ): RowsAnswer {
    const names = rows.length > 0 ? namesAfterStep(prepared) : []
    const { cells, bytes } = layOut(rows, names.length)
    demandSendable(bytes)
    this.answerBytes = bytes
    return [AnswerType.rows, id, took, JSON.stringify(names), rows.length, cells, isLast]
  }

  get hasCursors(): boolean {
    return this.#cursors.size > 0
  }

  /**
   * Prepares a statement for a cursor. Only the cursor steps through it.
   *
   * @returns the statement, and a function that opens the cursor and reads its first rows.
   */
  prepareCursor(
    [, id, slot, , sql, parameters, chunkSize]: OpenCursorRequest,
    started: number,
  ): { readonly prepared: PreparedStatement; readonly open: () => RowsAnswer | undefined } {
    const prepared = this.#prepare(sql)
    const open = () => {
      // A row that was read cannot be read again, so all integers are read exactly and then converted one by one.
      prepared.statement.safeIntegers(true)
      const rows = prepared.statement.iterate(parameters) as IterableIterator<Row>
      this.#cursors.set(id, { prepared, rows, slot, chunkSize })
      return this.readCursor(id, id, started)
    }
    return { prepared, open }
  }

  /**
   * Reads the next rows: one chunk of the cursor, or as many rows as fit in one message.
   *
   * @param id of the request.
   * @returns undefined if the cursor was aborted or closed.
   */
  readCursor(id: number, cursor: number, started: number): RowsAnswer | undefined {
    const opened = this.#cursors.get(cursor)
    if (!opened) return undefined
    const { prepared, slot, chunkSize } = opened
    const rows: Row[] = []
    let bytes = 0
    let isLast = false
    try {
      while (!isLast && rows.length < chunkSize && bytes < messageBytes) {
        if (this.#control.isAborted(slot)) {
          this.closeCursor(cursor)
          return undefined
        }
        const { done, value } = opened.rows.next()
        if (done) {
          this.#cursors.delete(cursor)
          isLast = true
        } else {
          const row = this.#integers === 'bigint' ? value : withNumbers(value, prepared)
          for (const cell of row) bytes += bytesOf(cell)
          rows.push(row)
        }
      }
      return this.#rowsAnswer(prepared, id, performance.now() - started, rows, isLast)
    } catch (error) {
      this.closeCursor(cursor)
      throw error
    }
  }

  closeCursor(cursor: number): void {
    const opened = this.#cursors.get(cursor)
    this.#cursors.delete(cursor)
    opened?.rows.return?.()
  }

  closeCursors(): void {
    for (const cursor of [...this.#cursors.keys()]) this.closeCursor(cursor)
  }
}

/** @throws {ResultTooLargeError} The main thread adds the SQL. */
export function demandSendable(bytes: number): void {
  if (bytes > largestValueBytes) throw new ResultTooLargeError('')
}

/** A number this large is either an integer that was rounded, or a real. */
function mayBeRounded(row: Row): boolean {
  for (const cell of row) {
    if (typeof cell === 'number' && (cell > Number.MAX_SAFE_INTEGER || cell < Number.MIN_SAFE_INTEGER))
      return true
  }
  return false
}

function exactRows(prepared: PreparedStatement, parameters: Parameters): Row[] {
  const { statement } = prepared
  statement.safeIntegers(true)
  try {
    return (statement.all(parameters) as Row[]).map((row) => withNumbers(row, prepared))
  } finally {
    statement.safeIntegers(false)
  }
}

/** Converts exact integers to numbers. */
function withNumbers(row: Row, prepared: PreparedStatement): Row {
  return row.map((cell, index) => {
    if (typeof cell !== 'bigint') return cell
    const number = Number(cell)
    if (Number.isSafeInteger(number)) return number
    throw new IntegerRangeError('', namesAfterStep(prepared)[index] ?? '')
  })
}

/**
 * The column names of the rows that a statement returned last.
 *
 * Read them after a step, never before. If the schema has changed, SQLite recompiles the statement during the step, and
 * better-sqlite3 does not report it.
 */
function namesAfterStep({ statement }: PreparedStatement): string[] {
  return statement.columns().map(({ name }) => name)
}
