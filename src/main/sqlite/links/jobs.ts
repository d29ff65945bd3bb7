import type { QueryResult } from 'kysely'
import { messageOf } from '../errors/causes.ts'
import { InvalidParameterError, WorkerLostError } from '../errors/query-errors.ts'
import { revived } from '../wire/carried-error.ts'
import { bytesOf, type RowBuilders } from '../wire/cells.ts'
import {
  type Answer,
  AnswerType,
  type Cell,
  type FailedAnswer,
  type IntegerPolicy,
  largestValueBytes,
  noSlot,
  type Parameters,
  Place,
  type Request,
  RequestType,
  type ThreadOptions,
} from '../wire/protocol.ts'
import type { LimitWatch } from './query-limits.ts'

export type Result = QueryResult<Record<string, unknown>>

/** The result of a statement, with rows as arrays. */
export interface RawResult {
  /** The names of the columns in their order. Names can occur twice. Empty if there are no rows. */
  readonly columns: readonly string[]
  /** The rows. Each has its values in the order of the columns. */
  readonly rows: unknown[][]
  /** How many rows a write has changed. Undefined if the statement returns rows, also with `returning`. */
  readonly changes: number | undefined
  /**
   * The row ID that the last insert on the connection got. Read it only after an insert. Undefined if the statement
   * returns rows. It is a bigint if the pool's `integers` are, and beyond 2^53.
   */
  readonly lastInsertRowid: number | bigint | undefined
}

/** The values of a statement: an array for `?`, or an object for names such as `:id` and `@id`, without the sign. */
export type RawParameters = readonly unknown[] | Readonly<Record<string, unknown>>

type Role = ThreadOptions['role']

/**
 * The outcome of a job: an answer and the role of the connection that it came from, or a function that makes the error.
 */
type Outcome = { readonly answer: Answer; readonly role: Role } | (() => Error)

/**
 * One statement, batch or command of a caller, until it is settled. A link sends it as a request; if the thread is
 * lost, another link may send it again.
 */
export abstract class Job {
  /** The statement, without its values; empty for requests that have none. */
  readonly sql: string
  /**
   * Its limits. A job with limits gets a slot in the thread's control memory, so that it can be aborted while it runs.
   */
  readonly watch: LimitWatch | undefined
  /** About how many bytes it takes in a message. */
  readonly bytes: number
  /** True if the job only reads, outside any transaction, so that it can run twice. */
  abstract readonly isRepeatable: boolean
  /** Its sequence number on its thread; 0 before it is sent. */
  id = 0
  slot: number = noSlot
  isSettled = false
  /**
   * Never rejects. The async function that waits for it makes the error, so that the stack shows the callers of that
   * function. An error made where the answer arrives would only show the event loop.
   */
  readonly outcome: Promise<Outcome>
  readonly #settle: (outcome: Outcome) => void

  constructor(sql: string, bytes: number, watch?: LimitWatch) {
    this.sql = sql
    this.bytes = bytes
    this.watch = watch
    let settle: (outcome: Outcome) => void = () => undefined
    this.outcome = new Promise((resolve) => {
      settle = resolve
    })
    this.#settle = settle
  }

  /** It gets a slot of the thread's control memory. */
  get isAbortable(): boolean {
    return this.watch !== undefined
  }

  abstract request(): Request

  /** The thread has answered. */
  settle(answer: Answer, role: Role): void {
    this.#end({ answer, role })
  }

  /** No answer will come, or the caller does not wait for it any more. */
  fail(makeError: () => Error): void {
    this.#end(makeError)
  }

  failUnsendable(error: unknown): void {
    // A buffer may have been transferred after it was checked.
    const isUnsendable = (cell: Cell) => cell instanceof Uint8Array && isDetached(cell)
    const indexes = parametersIn(this.request()).map((cells) => Object.values(cells).findIndex(isUnsendable))
    this.fail(
      () =>
        new InvalidParameterError(
          this.sql,
          Math.max(0, ...indexes),
          `it cannot be sent (${messageOf(error)})`,
        ),
    )
  }

  #end(outcome: Outcome): void {
    if (this.isSettled) return
    this.isSettled = true
    if (this.watch) this.watch.onReached = undefined
    this.#settle(outcome)
  }
}

/** One statement. */
export class QueryJob extends Job {
  place: Place
  readonly parameters: Parameters
  /** Called when a reader gives the statement back, since SQLite says that it may write. */
  onNotReadonly: ((job: QueryJob) => void) | undefined

  constructor(sql: string, parameters: Parameters, bytes: number, place: Place, watch?: LimitWatch) {
    super(sql, bytes + sql.length * 2, watch)
    this.parameters = parameters
    this.place = place
  }

  get isRepeatable(): boolean {
    return this.place === Place.reader
  }

  request(): Request {
    return [RequestType.run, this.id, this.slot, this.place, this.sql, this.parameters]
  }

  override settle(answer: Answer, role: Role): void {
    if (answer[0] === AnswerType.notReadonly && this.onNotReadonly && !this.isSettled) {
      this.id = 0
      this.onNotReadonly(this)
    } else super.settle(answer, role)
  }
}

/** A batch of statements in one transaction, or any other request. */
export class PlainJob extends Job {
  readonly isRepeatable = false
  /** True if the caller gives the slot back, not the answer: a cursor is watched until it is closed. */
  readonly keepsSlot: boolean
  readonly #request: (job: PlainJob) => Request

  constructor(
    sql: string,
    request: (job: PlainJob) => Request,
    options: { bytes?: number; watch?: LimitWatch | undefined; keepsSlot?: boolean } = {},
  ) {
    super(sql, (options.bytes ?? 0) + sql.length * 2, options.watch)
    this.#request = request
    this.keepsSlot = options.keepsSlot ?? false
  }

  override get isAbortable(): boolean {
    return this.keepsSlot || super.isAbortable
  }

  request(): Request {
    return this.#request(this)
  }
}

/** The parameters of each statement of a request. */
function parametersIn(request: Request): readonly Parameters[] {
  if (request[0] === RequestType.batch) return request[3].map(([, parameters]) => parameters)
  return request[0] === RequestType.run || request[0] === RequestType.openCursor ? [request[5]] : []
}

/**
 * The answer of a job that is settled.
 *
 * @param caller the function of this file that was called. The stack of an error begins with its caller.
 * @throws the error from the thread, or the error that ended the job without an answer.
 */
export function answerIn(
  outcome: Outcome,
  sql: string,
  caller: (...args: never[]) => unknown = answerIn,
): { readonly answer: Answer; readonly role: Role } {
  if (typeof outcome !== 'function' && outcome.answer[0] !== AnswerType.failed) return outcome
  const error = typeof outcome === 'function' ? outcome() : revived((outcome.answer as FailedAnswer)[3], sql)
  // A stack has ten frames, and these frames do not help the app.
  if (error.stack?.includes(caller.name)) Error.captureStackTrace(error, caller)
  throw error
}

/** The result of a statement that is settled, with rows as objects. */
export function resultIn(outcome: Outcome, sql: string, builders: RowBuilders): Result {
  const { answer, role } = answerIn(outcome, sql, resultIn)
  return resultOf(answer, role, sql, builders)
}

/** The result of a statement that is settled, with rows as arrays. */
export function rawResultIn(
  outcome: Outcome,
  sql: string,
  builders: RowBuilders,
  integers: IntegerPolicy,
): RawResult {
  const { answer, role } = answerIn(outcome, sql, rawResultIn)
  if (answer[0] === AnswerType.rows) {
    const builder = builders.get(answer[3])
    const rows = builder.buildArrays(answer[4], answer[5])
    return { columns: builder.names, rows, changes: undefined, lastInsertRowid: undefined }
  }
  if (answer[0] !== AnswerType.done) throw stopped(role, sql)
  const rowId = Number(answer[4])
  const isNumber = integers === 'number' && Number.isSafeInteger(rowId)
  return { columns: [], rows: [], changes: answer[3], lastInsertRowid: isNumber ? rowId : answer[4] }
}

/** The results of a batch that is settled. */
export function resultsIn(outcome: Outcome, sql: string, builders: RowBuilders): Result[] {
  const { answer, role } = answerIn(outcome, sql, resultsIn)
  const answers = answer[0] === AnswerType.batch ? answer[3] : [answer]
  return answers.map((one) => resultOf(one, role, sql, builders))
}

function resultOf(answer: Answer, role: Role, sql: string, builders: RowBuilders): Result {
  if (answer[0] === AnswerType.rows) return { rows: builders.get(answer[3]).build(answer[4], answer[5]) }
  if (answer[0] === AnswerType.done)
    return { insertId: answer[4], numAffectedRows: BigInt(answer[3]), rows: [] }
  throw stopped(role, sql)
}

function stopped(role: Role, sql: string): WorkerLostError {
  return new WorkerLostError(role, sql, new Error('it stopped the query without a request to stop'))
}

/**
 * Checks the parameters of one request before it is sent. An error in another thread would name neither the caller nor
 * the parameter. One value that cannot be sent would prevent the other queries of its message from being sent.
 *
 * It accepts what better-sqlite3 accepts: `undefined` is NULL, and the bytes of any view on an ArrayBuffer are a BLOB.
 */
export class ParameterCheck {
  readonly #largestText: number
  #textBytes = 0
  /** About how many bytes the values take in a message. */
  bytes = 0

  /** @param largestText how many bytes all strings together may have, at two bytes per UTF-16 unit. */
  constructor(largestText: number) {
    this.#largestText = largestText
  }

  /**
   * @returns the values, ready to be sent.
   * @throws {InvalidParameterError} for a value that SQLite has no type for (a boolean, a Date, an object), for a
   * buffer that was transferred to another thread, and for more bytes than one request can carry.
   */
  check(sql: string, parameters: RawParameters): Parameters {
    if (isByPosition(parameters)) return this.#checkAll(sql, parameters)
    const values = this.#checkAll(sql, Object.values(parameters))
    return Object.fromEntries(Object.keys(parameters).map((name, index) => [name, values[index] ?? null]))
  }

  #checkAll(sql: string, parameters: readonly unknown[]): readonly Cell[] {
    let copy: Cell[] | undefined
    for (let index = 0; index < parameters.length; index++) {
      const value = parameters[index]
      const cell = cellOf(sql, index, value)
      const bytes = bytesOf(cell)
      this.bytes += bytes
      if (typeof cell === 'string') this.#textBytes += bytes
      if (this.bytes > largestValueBytes) throw tooLarge(sql, index, 'values', largestValueBytes)
      if (this.#textBytes > this.#largestText) throw tooLarge(sql, index, 'texts', this.#largestText)
      if (cell !== value) {
        copy ??= [...(parameters as Cell[])]
        copy[index] = cell
      }
    }
    return copy ?? (parameters as readonly Cell[])
  }
}

/** `Array.isArray` does not narrow a readonly array. */
function isByPosition(parameters: RawParameters): parameters is readonly unknown[] {
  return Array.isArray(parameters)
}

function tooLarge(sql: string, index: number, what: string, bytes: number): InvalidParameterError {
  return new InvalidParameterError(sql, index, `the ${what} of its request have more than ${bytes} bytes`)
}

function cellOf(sql: string, index: number, value: unknown): Cell {
  if (typeof value === 'number' || typeof value === 'string' || value === null) return value
  if (value === undefined) return null
  if (typeof value === 'bigint') {
    if (BigInt.asIntN(64, value) === value) return value
    throw new InvalidParameterError(sql, index, 'it is a bigint beyond 64 bits')
  }
  if (ArrayBuffer.isView(value)) return bytesIn(sql, index, value)
  throw new InvalidParameterError(sql, index, `SQLite has no type for ${kindOf(value)}`)
}

/**
 * Copies a view on part of a buffer: structured clone would send the whole buffer. Also copies shared memory: it may
 * change.
 */
function bytesIn(sql: string, index: number, view: ArrayBufferView): Uint8Array {
  if (isDetached(view)) throw new InvalidParameterError(sql, index, 'its buffer was transferred')
  const { buffer, byteOffset, byteLength } = view
  const bytes = view instanceof Uint8Array ? view : new Uint8Array(buffer, byteOffset, byteLength)
  const isWhole = byteLength === buffer.byteLength && buffer instanceof ArrayBuffer
  return isWhole ? bytes : new Uint8Array(bytes)
}

/** A view on a buffer that was transferred looks empty, and a DataView on one throws. */
function isDetached(view: ArrayBufferView): boolean {
  try {
    if (view.byteLength > 0) return false
    new Uint8Array(view.buffer)
    return false
  } catch {
    return true
  }
}

function kindOf(value: unknown): string {
  if (typeof value !== 'object') return `a ${typeof value}`
  return `a value of type ${value?.constructor?.name ?? 'object'}`
}
