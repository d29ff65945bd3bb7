import type { ControlledTransaction, Kysely, QueryResult, Transaction } from 'kysely'
import type { Pool } from '../../../src/main/sqlite/pool.ts'
import type { AnySchema } from './builder.ts'
import { type Armed, armed } from './limits.ts'
import type { Names } from './names.ts'
import {
  batchedSuccessOf,
  type Failure,
  failureOf,
  isFailure,
  type Outcome,
  rowText,
  type Success,
  successOf,
} from './outcome.ts'
import { compile, isRead, type Statement } from './statements.ts'
import type { Action, Call, Step } from './steps.ts'

/** What the pool did for one step. */
export interface StepRecord {
  /** For each statement or action that was reached, in the order of the step. */
  readonly outcomes: readonly Outcome[]
  /** For what contains the statements: the commit, the end of the stream. */
  readonly end: Outcome
  /** Only for a stream: the rows of each chunk. */
  readonly chunks?: readonly (readonly string[])[]
  readonly meanwhile?: Outcome | undefined
}

type Controlled = ControlledTransaction<AnySchema, ['s0', 's1']>
type StepOf<Kind extends Step['step']> = Extract<Step, { step: Kind }>

class RolledBackOnPurpose extends Error {}
const fine: Success = { rows: [] }

/** Runs steps on a pool and records their outcomes. */
export class Player {
  readonly #pool: Pool<AnySchema>
  readonly #names: Names
  #snapshot: Controlled | undefined

  constructor(pool: Pool<AnySchema>, names: Names) {
    this.#pool = pool
    this.#names = names
  }

  async play(step: Exclude<Step, { step: 'outside' }>): Promise<StepRecord> {
    switch (step.step) {
      case 'queries':
        return { outcomes: await Promise.all(step.calls.map((call) => this.#onPool(call))), end: fine }
      case 'batch':
        return this.#batch(step)
      case 'transaction':
        return this.#transaction(step)
      case 'connection': {
        const outcomes: Outcome[] = []
        const end = await this.#pool.db
          .connection()
          .execute((db) => this.#each(db, step.calls, outcomes))
          .then(() => fine, failureOf)
        return { outcomes, end }
      }
      case 'snapshot':
        return this.#inSnapshot(step)
      case 'stream':
        return this.#stream(step)
    }
  }

  async closeSnapshot(): Promise<void> {
    const snapshot = this.#snapshot
    this.#snapshot = undefined
    await snapshot?.commit().execute()
  }

  #onPool(call: Call): Promise<Outcome> {
    const limit = armed(call.limit)
    return this.#call(this.#within(limit), call.statement, limit)
  }

  #within({ timeout }: Armed): Kysely<AnySchema> {
    return timeout === undefined ? this.#pool.db : this.#pool.within({ timeout })
  }

  /** On a leased connection, where a timeout is a signal. */
  #onConnection(db: Kysely<AnySchema>, { statement, limit }: Call): Promise<Outcome> {
    return this.#call(db, statement, armed(limit && { ...limit, by: 'signal' }))
  }

  async #call(db: Kysely<AnySchema>, statement: Statement, limit: Armed): Promise<Outcome> {
    return settled(() => {
      const result = db.executeQuery(compile(statement, this.#names), limit.options)
      limit.start()
      return result
    })
  }

  async #each(db: Kysely<AnySchema>, calls: readonly Call[], outcomes: Outcome[]): Promise<void> {
    for (const call of calls) outcomes.push(await this.#onConnection(db, call))
  }

  async #batch({ statements, limit }: StepOf<'batch'>): Promise<StepRecord> {
    const { timeout, options, start } = armed(limit)
    const queries = statements.map((statement) => compile(statement, this.#names))
    try {
      const results = this.#pool.batch(queries, { timeout, signal: options.signal })
      start()
      return { outcomes: (await results).map(batchedSuccessOf), end: fine }
    } catch (error) {
      return { outcomes: [], end: failureOf(error) }
    }
  }

  async #transaction({ actions, end }: StepOf<'transaction'>): Promise<StepRecord> {
    const outcomes: Outcome[] = []
    const hasSavepoints = actions.some((action) => action.do !== 'run')
    try {
      if (hasSavepoints) {
        const trx = (await this.#pool.db.startTransaction().execute()) as Controlled
        const isOver = await this.#act(trx, actions, outcomes)
        return { outcomes, end: await endOf(trx, isOver ? 'rollback' : end) }
      }
      await this.#pool.db.transaction().execute(async (trx) => {
        const isOver = await this.#act(trx, actions, outcomes)
        if (isOver || end === 'rollback') throw new RolledBackOnPurpose()
      })
    } catch (error) {
      if (!(error instanceof RolledBackOnPurpose)) return { outcomes, end: failureOf(error) }
    }
    return { outcomes, end: fine }
  }

  /** @returns whether an uncaught error has ended it. */
  async #act(
    trx: Transaction<AnySchema> | Controlled,
    actions: readonly Action[],
    outcomes: Outcome[],
  ): Promise<boolean> {
    for (const action of actions) {
      const outcome =
        action.do === 'run'
          ? await this.#onConnection(trx, action.call)
          : await settled(() => commandOf(trx as Controlled, action))
      outcomes.push(outcome)
      if (action.do === 'run' && !action.isCaught && isFailure(outcome)) return true
    }
    return false
  }

  async #inSnapshot({ statements, isLast }: StepOf<'snapshot'>): Promise<StepRecord> {
    const { db } = this.#pool
    this.#snapshot ??= (await db.startTransaction().setAccessMode('read only').execute()) as Controlled
    const outcomes: Outcome[] = []
    for (const statement of statements)
      outcomes.push(await this.#call(this.#snapshot, statement, armed(undefined)))
    if (isLast) await this.closeSnapshot()
    return { outcomes, end: fine }
  }

  async #stream({
    call,
    chunkSize,
    leaveAfter = Number.POSITIVE_INFINITY,
    meanwhile,
  }: StepOf<'stream'>): Promise<StepRecord> {
    const limit = armed(call.limit)
    const chunks: string[][] = []
    let written: Outcome | undefined
    // A streamed write may keep the writer until the loop ends.
    const write = async () => {
      if (meanwhile && isRead(call.statement) && !written)
        written = await this.#onPool({ statement: meanwhile, limit: undefined })
    }
    let end: Success | Failure = fine
    try {
      const query = compile(call.statement, this.#names)
      const stream = this.#within(limit).getExecutor().stream(query, chunkSize, limit.options)
      let count = 0
      const first = stream.next()
      limit.start()
      for (let next = await first; !next.done; next = await stream.next()) {
        chunks.push(next.value.rows.map(rowText))
        count += next.value.rows.length
        await write()
        if (count >= leaveAfter) {
          await stream.return?.()
          break
        }
      }
    } catch (error) {
      end = failureOf(error)
    }
    return { outcomes: [], end, chunks, meanwhile: written }
  }
}

async function settled(work: () => Promise<QueryResult<unknown> | undefined>): Promise<Outcome> {
  try {
    return successOf((await work()) ?? { rows: [] })
  } catch (error) {
    return failureOf(error)
  }
}

async function commandOf(trx: Controlled, action: Exclude<Action, { do: 'run' }>): Promise<undefined> {
  // Every command returns the same transaction with another type.
  if (action.do === 'savepoint')
    await (trx as ControlledTransaction<AnySchema>).savepoint(action.savepoint).execute()
  else if (action.do === 'rollback to') await trx.rollbackToSavepoint(action.savepoint).execute()
  else await trx.releaseSavepoint(action.savepoint).execute()
}

async function endOf(trx: Controlled, how: 'commit' | 'rollback'): Promise<Outcome> {
  if (how === 'rollback')
    return settled(() =>
      trx
        .rollback()
        .execute()
        .then(() => undefined),
    )
  const outcome = await settled(() =>
    trx
      .commit()
      .execute()
      .then(() => undefined),
  )
  if (isFailure(outcome)) await trx.rollback().execute()
  return outcome
}
