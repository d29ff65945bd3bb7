import { RefusedRequest } from './failures.ts'
import type { Cell, IntegerPolicy, Parameters } from './protocol.ts'
import type { CachedStatement } from './statement-cache.ts'

type Row = readonly Cell[]

/**
 * All rows of a statement. With `isAborted` it is stepped row by row, and looks at each.
 *
 * @returns undefined when it was aborted.
 * @throws {RefusedRequest} for an integer that a number would round.
 */
export function queryRows(
  { statement, names, readonly }: CachedStatement,
  parameters: Parameters,
  integers: IntegerPolicy,
  isAborted: (() => boolean) | undefined,
): readonly Row[] | undefined {
  const isExact = integers === 'bigint'
  // A write cannot be run a second time to look more closely, so it is looked at closely at once.
  if (!isExact && !readonly) return exactRows(statement, names, parameters)
  const rows = isAborted
    ? steppedRows(statement.iterate(parameters) as Iterable<Row>, isAborted)
    : (statement.all(parameters) as Row[])
  if (rows === undefined || isExact || !rows.some(mayBeRounded)) return rows
  return exactRows(statement, names, parameters)
}

function steppedRows(source: Iterable<Row>, isAborted: () => boolean): Row[] | undefined {
  const rows: Row[] = []
  for (const row of source) {
    if (isAborted()) return undefined
    rows.push(row)
  }
  return isAborted() ? undefined : rows
}

/** A number this large is either an integer that was rounded, or a real. */
function mayBeRounded(row: Row): boolean {
  for (const cell of row) {
    if (typeof cell === 'number' && (cell > Number.MAX_SAFE_INTEGER || cell < Number.MIN_SAFE_INTEGER))
      return true
  }
  return false
}

function exactRows(
  statement: CachedStatement['statement'],
  names: readonly string[],
  parameters: Parameters,
): Row[] {
  statement.safeIntegers(true)
  try {
    return (statement.all(parameters) as Row[]).map((row) => withNumbers(row, names))
  } finally {
    statement.safeIntegers(false)
  }
}

/** Integers as numbers. */
export function withNumbers(row: Row, names: readonly string[]): Row {
  return row.map((cell, index) => {
    if (typeof cell !== 'bigint') return cell
    const number = Number(cell)
    if (!Number.isSafeInteger(number))
      throw new RefusedRequest({ kind: 'integer-range', column: names[index] ?? '' })
    return number
  })
}
