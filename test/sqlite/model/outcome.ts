import { DeleteResult, InsertResult, type QueryResult, UpdateResult } from 'kysely'
import { type AbortOutcome, QueryAbortedError } from '../../../src/main/sqlite/errors/query-errors.ts'

export interface Success {
  /** Each row as text: names in their order, and values with their types. */
  readonly rows: readonly string[]
  /** Only for a write that returns no rows. */
  readonly changes?: bigint | undefined
  readonly insertId?: bigint | undefined
}

export interface Failure {
  /** The error's code, or its name if it has no code. */
  readonly error: string
  /** The outcome of an aborted query. */
  readonly aborted?: AbortOutcome | undefined
  /** The results before the error. Only the model has this. */
  readonly rowsBefore?: readonly string[]
}

export type Outcome = Success | Failure

export function isFailure(outcome: Outcome): outcome is Failure {
  return 'error' in outcome
}

export const abortedCode = 'ERR_DATADIR_QUERY_ABORTED'
export const refusedCode = 'ERR_DATADIR_STATEMENT_REFUSED'
export const lostCode = 'ERR_DATADIR_TRANSACTION_LOST'
export const rangeCode = 'ERR_DATADIR_INTEGER_RANGE'
export const optionCode = 'ERR_DATADIR_INVALID_OPTION'
export const workerLostCode = 'ERR_DATADIR_WORKER_LOST'

export function failureOf(error: unknown): Failure {
  if (error instanceof QueryAbortedError) return { error: error.code, aborted: error.outcome }
  if (error instanceof Error && 'code' in error) return { error: String(error.code) }
  return { error: error instanceof Error ? error.name : String(error) }
}

export function successOf({ rows, numAffectedRows, insertId }: QueryResult<unknown>): Success {
  return { rows: rows.map(rowText), changes: numAffectedRows, insertId }
}

/** What `pool.batch` returns for one query. */
export function batchedSuccessOf(output: readonly unknown[]): Success {
  const [first] = output
  if (first instanceof InsertResult)
    return { rows: [], changes: first.numInsertedOrUpdatedRows, insertId: first.insertId }
  if (first instanceof UpdateResult) return { rows: [], changes: first.numUpdatedRows }
  if (first instanceof DeleteResult) return { rows: [], changes: first.numDeletedRows }
  return { rows: output.map(rowText) }
}

/** A row as text, with its names in key order. Two rows are equal if their texts are equal. */
export function rowText(row: unknown): string {
  const cells = Object.entries(row as Record<string, unknown>)
  return `{ ${cells.map(([name, value]) => `${name}: ${valueText(value)}`).join(', ')} }`
}

function valueText(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (Buffer.isBuffer(value)) return `x'${value.toString('hex')}'`
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'number' || value === null) return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  return `${typeof value} ${String(value)}`
}

export function outcomeText(outcome: Outcome): string {
  if (isFailure(outcome)) return outcome.aborted ? `${outcome.error} (${outcome.aborted})` : outcome.error
  const { rows, changes, insertId } = outcome
  const counts = changes === undefined ? '' : ` changes ${changes}, insert id ${insertId}`
  const shown = rows.length > 6 ? [...rows.slice(0, 6), `… ${rows.length} rows`] : rows
  return `[${shown.join(', ')}]${counts}`
}

/** Whether the pool and the model have the same outcome. Counts are compared if both have them. */
export function isSame(expected: Outcome, actual: Outcome): boolean {
  if (isFailure(expected) || isFailure(actual))
    return isFailure(expected) && isFailure(actual) && expected.error === actual.error
  if (expected.rows.join('\n') !== actual.rows.join('\n')) return false
  if (expected.changes === undefined || actual.changes === undefined) return true
  if (expected.changes !== actual.changes) return false
  const mayDiffer =
    expected.changes === 0n || expected.insertId === undefined || actual.insertId === undefined
  return mayDiffer || expected.insertId === actual.insertId
}

/** The pool and the model differ. */
export class Mismatch extends Error {
  constructor(what: string, expected: string, actual: string) {
    super(`${what}\n  expected: ${expected}\n  actual:   ${actual}`)
    this.name = 'Mismatch'
  }
}

export function demandSame(what: string, expected: Outcome, actual: Outcome): void {
  if (!isSame(expected, actual)) throw new Mismatch(what, outcomeText(expected), outcomeText(actual))
}
