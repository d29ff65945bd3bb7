import { RefusedRequest } from '../wire/failures.ts'
import type { Cell, IntegerPolicy, Parameters } from '../wire/protocol.ts'
import { type CachedStatement, namesAfterStep } from './statements.ts'

type Row = readonly Cell[]

/** Rows and their column names, both from the schema that the rows were read from. */
export interface NamedRows {
  readonly names: readonly string[]
  readonly rows: readonly Row[]
}

/** better-sqlite3 fetches so many rows in one go without harm, if it is to be expected that there are no more. */
const rowsInOneGo = 1_000

/**
 * All rows of a statement. The statement is stepped row by row if it can be aborted or if its result may be large. When
 * better-sqlite3 fetches all rows at once, it does not stop before the last row, even if the thread's heap is full.
 *
 * @returns undefined when it was aborted.
 * @throws {RefusedRequest} for an integer that a number would round.
 */
export function queryRows(
  cached: CachedStatement,
  parameters: Parameters,
  integers: IntegerPolicy,
  isAborted: (() => boolean) | undefined,
): NamedRows | undefined {
  const rows = rowsOf(cached, parameters, integers, isAborted)
  if (rows === undefined) return undefined
  return { rows, names: rows.length > 0 ? namesAfterStep(cached) : [] }
}

function rowsOf(
  cached: CachedStatement,
  parameters: Parameters,
  integers: IntegerPolicy,
  isAborted: (() => boolean) | undefined,
): readonly Row[] | undefined {
  const { statement, readonly } = cached
  const isExact = integers === 'bigint'
  // A write cannot be run a second time to look more closely, so it is looked at closely at once.
  if (!isExact && !readonly) return exactRows(cached, parameters)
  const isSmall = cached.lastCount !== undefined && cached.lastCount <= rowsInOneGo
  const rows =
    isSmall && !isAborted
      ? (statement.all(parameters) as Row[])
      : steppedRows(statement.iterate(parameters) as Iterable<Row>, isAborted ?? never)
  cached.lastCount = rows?.length
  if (rows === undefined || isExact || !rows.some(mayBeRounded)) return rows
  return exactRows(cached, parameters)
}

function steppedRows(source: Iterable<Row>, isAborted: () => boolean): Row[] | undefined {
  const rows: Row[] = []
  for (const row of source) {
    if (isAborted()) return undefined
    rows.push(row)
  }
  return isAborted() ? undefined : rows
}

function never(): boolean {
  return false
}

/** A number this large is either an integer that was rounded, or a real. */
function mayBeRounded(row: Row): boolean {
  for (const cell of row) {
    if (typeof cell === 'number' && (cell > Number.MAX_SAFE_INTEGER || cell < Number.MIN_SAFE_INTEGER))
      return true
  }
  return false
}

function exactRows(cached: CachedStatement, parameters: Parameters): Row[] {
  const { statement } = cached
  statement.safeIntegers(true)
  try {
    return (statement.all(parameters) as Row[]).map((row) => withNumbers(row, cached))
  } finally {
    statement.safeIntegers(false)
  }
}

/**
 * Integers as numbers.
 *
 * @param cached the statement that gave the row.
 */
export function withNumbers(row: Row, cached: CachedStatement): Row {
  return row.map((cell, index) => {
    if (typeof cell !== 'bigint') return cell
    const number = Number(cell)
    if (!Number.isSafeInteger(number))
      throw new RefusedRequest({ kind: 'integer-range', column: namesAfterStep(cached)[index] ?? '' })
    return number
  })
}
