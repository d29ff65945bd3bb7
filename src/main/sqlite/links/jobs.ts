import type { QueryResult } from 'kysely'
import { InvalidParameterError, WorkerLostError } from '../errors/query-errors.ts'
import { revived } from '../wire/carried-error.ts'
import type { RowBuilders } from '../wire/cells.ts'
import {
  type Answer,
  AnswerType,
  type BatchStatement,
  type FailedAnswer,
  noSlot,
  type Parameters,
  Place,
  type Request,
  RequestType,
} from '../wire/protocol.ts'
import { isDetached } from './parameters.ts'
import type { LimitWatch } from './query-limits.ts'
import type { ThreadLink } from './thread-link.ts'

export type Result = QueryResult<Record<string, unknown>>

/** The outcome of a job: an answer and the link that it came from, or a function that makes the error. */
type Outcome = { readonly answer: Answer; readonly link: ThreadLink } | (() => Error)

/** One request, from the moment it is made until it is settled. */
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
  /** The link it was sent by. */
  link: ThreadLink | undefined
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

  /** The index of a parameter that cannot be sent. */
  abstract unsendable(): number

  /** The thread has answered. */
  settle(answer: Answer, link: ThreadLink): void {
    this.#end({ answer, link })
  }

  /** No answer will come, or the caller does not wait for it any more. */
  fail(makeError: () => Error): void {
    this.#end(makeError)
  }

  failUnsendable(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error)
    this.fail(() => new InvalidParameterError(this.sql, this.unsendable(), `it cannot be sent (${why})`))
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
  readonly #parameters: Parameters
  /** Called when a reader gives the statement back, since SQLite says that it may write. */
  onNotReadonly: ((job: QueryJob) => void) | undefined

  constructor(sql: string, parameters: Parameters, bytes: number, place: Place, watch?: LimitWatch) {
    super(sql, bytes + sql.length * 2, watch)
    this.#parameters = parameters
    this.place = place
  }

  get isRepeatable(): boolean {
    return this.place === Place.reader
  }

  request(): Request {
    return [RequestType.run, this.id, this.slot, this.place, this.sql, this.#parameters]
  }

  unsendable(): number {
    return indexOfDetached(this.#parameters)
  }

  override settle(answer: Answer, link: ThreadLink): void {
    if (answer[0] === AnswerType.notReadonly && this.onNotReadonly && !this.isSettled) {
      this.id = 0
      this.onNotReadonly(this)
    } else super.settle(answer, link)
  }
}

/** Many statements in one transaction. */
export class BatchJob extends Job {
  readonly isRepeatable = false
  readonly #statements: readonly BatchStatement[]

  constructor(statements: readonly BatchStatement[], bytes: number, watch?: LimitWatch) {
    const sql = statements.map(([statement]) => statement).join('; ')
    super(sql, bytes + sql.length * 2, watch)
    this.#statements = statements
  }

  request(): Request {
    return [RequestType.batch, this.id, this.slot, this.#statements]
  }

  unsendable(): number {
    return Math.max(0, ...this.#statements.map(([, parameters]) => indexOfDetached(parameters)))
  }
}

/** Any other request. */
export class PlainJob extends Job {
  readonly isRepeatable = false
  /** True if the caller gives the slot back, not the answer: a cursor is watched until it is closed. */
  readonly keepsSlot: boolean
  readonly #request: (job: PlainJob) => Request

  constructor(
    sql: string,
    request: (job: PlainJob) => Request,
    { bytes = 0, watch, keepsSlot = false }: { bytes?: number; watch?: LimitWatch; keepsSlot?: boolean } = {},
  ) {
    super(sql, bytes, watch)
    this.#request = request
    this.keepsSlot = keepsSlot
  }

  override get isAbortable(): boolean {
    return this.keepsSlot || super.isAbortable
  }

  request(): Request {
    return this.#request(this)
  }

  unsendable(): number {
    return 0
  }
}

/** A buffer may have been transferred after it was checked. */
function indexOfDetached(parameters: Parameters): number {
  const index = parameters.findIndex((cell) => cell instanceof Uint8Array && isDetached(cell))
  return Math.max(0, index)
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
): { answer: Answer; link: ThreadLink } {
  if (typeof outcome !== 'function' && outcome.answer[0] !== AnswerType.failed) return outcome
  const error = typeof outcome === 'function' ? outcome() : revived((outcome.answer as FailedAnswer)[3], sql)
  // A stack has ten frames, and these frames do not help the app.
  if (error.stack?.includes(caller.name)) Error.captureStackTrace(error, caller)
  throw error
}

/** The result of a statement that is settled, with rows as objects. */
export function resultIn(outcome: Outcome, sql: string, builders: RowBuilders): Result {
  const { answer, link } = answerIn(outcome, sql, resultIn)
  const result = resultOf(answer, builders)
  if (!result) throw unasked(link, sql)
  return result
}

/** The results of a batch that is settled. */
export function resultsIn(outcome: Outcome, sql: string, builders: RowBuilders): Result[] {
  const { answer, link } = answerIn(outcome, sql, resultsIn)
  if (answer[0] !== AnswerType.batch) throw unasked(link, sql)
  return answer[3].map((one) => {
    const result = resultOf(one, builders)
    if (!result) throw unasked(link, sql)
    return result
  })
}

function resultOf(answer: Answer, builders: RowBuilders): Result | undefined {
  if (answer[0] === AnswerType.rows) return { rows: builders.get(answer[3]).build(answer[4], answer[5]) }
  if (answer[0] !== AnswerType.done) return undefined
  return { insertId: answer[4], numAffectedRows: BigInt(answer[3]), rows: [] }
}

function unasked(link: ThreadLink, sql: string): Error {
  return new WorkerLostError(link.role, sql, new Error('it stopped the query without a request to stop'))
}

/** Sends a request that cannot be aborted, and waits for its answer. */
export async function ask(
  link: ThreadLink,
  sql: string,
  request: (job: PlainJob) => Request,
): Promise<Answer> {
  const job = new PlainJob(sql, request)
  link.send(job)
  return answerIn(await job.outcome, sql).answer
}
