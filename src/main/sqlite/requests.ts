import type { QueryResult } from 'kysely'
import { errorOf } from './failures.ts'
import type { Job } from './job.ts'
import {
  type Answer,
  AnswerType,
  type BatchStatement,
  type Parameters,
  Place,
  type Request,
  RequestType,
} from './protocol.ts'
import { WorkerLostError } from './query-errors.ts'
import type { ThreadLink } from './thread-link.ts'

export type Result = QueryResult<Record<string, unknown>>

/** Settles one promise with one answer. */
abstract class PromisedJob<Value> implements Job {
  abstract readonly sql: string
  readonly isAbortable: boolean
  abstract readonly isRepeatable: boolean
  id = 0
  slot = -1
  isGivenUp = false
  readonly #resolve: (value: Value) => void
  readonly #reject: (error: Error) => void
  /** Stops watching for an abort. */
  onSettled: (() => void) | undefined

  constructor(resolve: (value: Value) => void, reject: (error: Error) => void, isAbortable: boolean) {
    this.#resolve = resolve
    this.#reject = reject
    this.isAbortable = isAbortable
  }

  abstract request(): Request
  protected abstract valueOf(answer: Answer, link: ThreadLink): Value | undefined

  settle(answer: Answer, link: ThreadLink): void {
    if (this.isGivenUp) return
    this.onSettled?.()
    if (answer[0] === AnswerType.failed) {
      this.#reject(errorOf(answer[3], this.sql))
      return
    }
    const value = this.valueOf(answer, link)
    if (value !== undefined) this.#resolve(value)
    else this.#reject(new WorkerLostError(link.role, this.sql, new Error('it stopped the query unasked')))
  }

  fail(error: Error): void {
    if (this.isGivenUp) return
    this.isGivenUp = true
    this.onSettled?.()
    this.#reject(error)
  }
}

/** One statement. */
export class QueryJob extends PromisedJob<Result> {
  readonly sql: string
  readonly #parameters: Parameters
  place: Place
  /** Called when a reader gives the statement back, since SQLite says that it may write. */
  onNotReadonly: ((job: QueryJob) => void) | undefined

  constructor(
    sql: string,
    parameters: Parameters,
    place: Place,
    resolve: (value: Result) => void,
    reject: (error: Error) => void,
    isAbortable: boolean,
  ) {
    super(resolve, reject, isAbortable)
    this.sql = sql
    this.#parameters = parameters
    this.place = place
  }

  get isRepeatable(): boolean {
    return this.place === Place.reader
  }

  request(): Request {
    return [RequestType.run, this.id, this.slot, this.place, this.sql, this.#parameters]
  }

  override settle(answer: Answer, link: ThreadLink): void {
    if (answer[0] === AnswerType.notReadonly && this.onNotReadonly && !this.isGivenUp)
      this.onNotReadonly(this)
    else super.settle(answer, link)
  }

  protected valueOf(answer: Answer, link: ThreadLink): Result | undefined {
    return resultOf(answer, link)
  }
}

/** Many statements in one transaction. */
export class BatchJob extends PromisedJob<Result[]> {
  readonly sql: string
  readonly isRepeatable = false
  readonly #statements: readonly BatchStatement[]

  constructor(
    statements: readonly BatchStatement[],
    resolve: (value: Result[]) => void,
    reject: (error: Error) => void,
    isAbortable: boolean,
  ) {
    super(resolve, reject, isAbortable)
    this.#statements = statements
    this.sql = statements.map(([sql]) => sql).join('; ')
  }

  request(): Request {
    return [RequestType.batch, this.id, this.slot, this.#statements]
  }

  protected valueOf(answer: Answer, link: ThreadLink): Result[] | undefined {
    if (answer[0] !== AnswerType.batch) return undefined
    return answer[3].map((result) => resultOf(result, link) ?? { rows: [] })
  }
}

/** Any request whose answer the asker reads itself. */
export class PlainJob extends PromisedJob<Answer> {
  readonly sql: string
  readonly isRepeatable = false
  readonly #request: (id: number) => Request

  constructor(
    sql: string,
    request: (id: number) => Request,
    resolve: (value: Answer) => void,
    reject: (error: Error) => void,
  ) {
    super(resolve, reject, false)
    this.sql = sql
    this.#request = request
  }

  request(): Request {
    return this.#request(this.id)
  }

  protected valueOf(answer: Answer): Answer {
    return answer
  }
}

/** Sends a request that cannot be aborted, and waits for its answer. */
export function ask(link: ThreadLink, sql: string, request: (id: number) => Request): Promise<Answer> {
  return new Promise((resolve, reject) => link.send(new PlainJob(sql, request, resolve, reject)))
}

function resultOf(answer: Answer, link: ThreadLink): Result | undefined {
  if (answer[0] === AnswerType.rows) return { rows: link.rows(answer) }
  if (answer[0] !== AnswerType.done) return undefined
  return { insertId: answer[4], numAffectedRows: BigInt(answer[3]), rows: [] }
}
