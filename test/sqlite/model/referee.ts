import type { Model } from './model.ts'
import {
  abortedCode,
  demandSame,
  type Failure,
  isFailure,
  isSame,
  lostCode,
  Mismatch,
  type Outcome,
  optionCode,
  outcomeText,
  refusedCode,
  workerLostCode,
} from './outcome.ts'
import { invalidParameter } from './parameters.ts'
import type { StepRecord } from './player.ts'
import { isRead, type Statement } from './statements.ts'
import type { Step } from './steps.ts'

type StepOf<Kind extends Step['step']> = Extract<Step, { step: Kind }>

/** Whether the query was aborted and changed nothing. */
function isUndone(outcome: Outcome): boolean {
  return (
    isFailure(outcome) && outcome.error === abortedCode && !hasTakenEffect(outcome) && !isUncertain(outcome)
  )
}

function hasTakenEffect(outcome: Outcome): boolean {
  // The union of outcomes may grow with the pool.
  const aborted: string | undefined = isFailure(outcome) ? outcome.aborted : undefined
  return aborted === 'committed'
}

function isUncertain(outcome: Outcome): boolean {
  if (!isFailure(outcome)) return false
  const aborted: string | undefined = outcome.aborted
  return outcome.error === workerLostCode || aborted === 'unknown'
}

/** The outcomes that determine the outcome of the step. In a transaction, this is its end. */
function decisive(step: Step, { outcomes, end }: StepRecord): readonly Outcome[] {
  return step.step === 'queries' || step.step === 'connection' ? outcomes : [end]
}

/** Whether only the database shows the outcome of a step. */
export function isOpenQuestion(step: Step, record: StepRecord): boolean {
  return decisive(step, record).some(isUncertain)
}

/** Runs the pool's steps on the model, and compares the outcomes. */
export class Referee {
  readonly #model: Model

  constructor(model: Model) {
    this.#model = model
  }

  /** @throws {Mismatch} */
  judge(step: Exclude<Step, { step: 'outside' }>, record: StepRecord): void {
    switch (step.step) {
      case 'queries':
        this.#queries(step, record)
        break
      case 'batch':
        this.#batch(step, record)
        break
      case 'transaction':
        this.#transaction(step, record)
        break
      case 'connection':
        this.#connection(step, record)
        break
      case 'snapshot':
        this.#snapshot(step, record)
        break
      case 'stream':
        this.#stream(step, record)
        break
    }
  }

  /** Writes take effect in the order of the calls. A read in the same tick may see any number of them. */
  #queries({ calls }: StepOf<'queries'>, { outcomes }: StepRecord): void {
    const reads = calls.flatMap(({ statement }, index) => {
      const actual = outcomes[index]
      return actual && isRead(statement) && !isGivenUp(actual)
        ? [{ statement, index, actual, seen: [] as Outcome[] }]
        : []
    })
    const look = () => {
      for (const { statement, seen } of reads) seen.push(this.#model.run(statement, 'pool'))
    }
    look()
    for (const [index, { statement }] of calls.entries()) {
      const actual = outcomes[index]
      if (!actual || isRead(statement)) continue
      this.#statement(`query ${index}`, statement, actual)
      look()
    }
    for (const { index, actual, seen } of reads) {
      if (seen.some((expected) => isSame(expected, actual) || isSchemaRace(expected, actual))) continue
      const expected = [...new Set(seen.map(outcomeText))].join('\n    or:     ')
      throw new Mismatch(`query ${index}`, expected, outcomeText(actual))
    }
  }

  /** A single statement. It runs unless it was aborted. */
  #statement(what: string, statement: Statement, actual: Outcome, where: 'pool' | 'held' = 'pool'): void {
    if (isUndone(actual)) return
    const expected = this.#model.run(statement, where)
    if (!isGivenUp(actual)) demandSame(what, expected, actual)
  }

  #batch({ statements }: StepOf<'batch'>, { outcomes, end }: StepRecord): void {
    if (isUndone(end)) return
    const expected = this.#model.batch(statements)
    if (isGivenUp(end)) return
    demandSame('the batch', 'error' in expected ? expected : { rows: [] }, end)
    if ('error' in expected) return
    for (const [index, success] of expected.entries())
      demandSame(`statement ${index}`, success, outcomes[index] ?? { error: 'nothing' })
  }

  #transaction({ actions, end }: StepOf<'transaction'>, record: StepRecord): void {
    this.#model.begin()
    let isOver = false
    for (const [index, actual] of record.outcomes.entries()) {
      const action = actions[index]
      if (!action) break
      if (action.do === 'run') {
        this.#inTransaction(`statement ${index}`, action.call.statement, actual)
        isOver = isFailure(actual) && !action.isCaught
      } else {
        const name = `"${action.savepoint}"`
        if (isGivenUp(actual)) this.#model.rollBack()
        else demandSame(`${action.do} ${name}`, this.#model.savepoint(`${action.do} ${name}`), actual)
      }
    }
    if (isOver || end === 'rollback') {
      this.#model.rollBack()
      demandSame('the rollback', { rows: [] }, record.end)
    } else {
      const expected = this.#model.commit()
      if (!isGivenUp(record.end)) demandSame('the commit', expected, record.end)
    }
    this.#model.giveBackWriter()
  }

  #inTransaction(what: string, statement: Statement, actual: Outcome): void {
    if (!this.#model.isInTransaction) {
      // An error in the statement itself may be found first.
      const mayBe = [lostCode, workerLostCode, invalidParameter, refusedCode, abortedCode]
      if (!isFailure(actual) || !mayBe.includes(actual.error))
        throw new Mismatch(what, mayBe.join(' or '), outcomeText(actual))
      return
    }
    const hasEnded =
      isFailure(actual) && (actual.aborted === 'transaction-rolled-back' || actual.error === workerLostCode)
    if (hasEnded) this.#model.rollBack()
    else this.#statement(what, statement, actual, 'held')
  }

  #connection({ calls }: StepOf<'connection'>, { outcomes, end }: StepRecord): void {
    for (const [index, { statement }] of calls.entries()) {
      const actual = outcomes[index]
      if (actual) this.#statement(`statement ${index}`, statement, actual, 'held')
    }
    demandSame('connection()', { rows: [] }, end)
    this.#model.giveBackWriter()
  }

  #snapshot({ statements, isLast }: StepOf<'snapshot'>, { outcomes }: StepRecord): void {
    if (!this.#model.hasSnapshot) this.#model.openSnapshot()
    for (const [index, statement] of statements.entries()) {
      const actual = outcomes[index]
      if (actual) demandSame(`statement ${index}`, this.#model.runInSnapshot(statement), actual)
    }
    if (isLast) this.#model.closeSnapshot()
  }

  #stream({ call, chunkSize, leaveAfter, meanwhile }: StepOf<'stream'>, record: StepRecord): void {
    const { end, chunks = [] } = record
    const rows = chunks.flat()
    if (!Number.isInteger(chunkSize) || chunkSize < 1) {
      const mayBe = [optionCode, ...(call.limit ? [abortedCode] : [])]
      if (rows.length > 0 || !isFailure(end) || !mayBe.includes(end.error))
        throw new Mismatch('the stream', mayBe.join(' or '), `${outcomeText(end)} after ${rows.length} rows`)
      return
    }
    const isTooLarge = chunks.some((chunk) => chunk.length > chunkSize)
    if (isTooLarge)
      throw new Mismatch('the chunks', `${chunkSize} rows`, chunks.map(({ length }) => length).join(', '))
    if (!isUndone(end) || isRead(call.statement))
      this.#streamed(this.#model.run(call.statement, 'pool'), end, rows, leaveAfter)
    if (record.meanwhile && meanwhile) this.#statement('the write meanwhile', meanwhile, record.meanwhile)
  }

  #streamed(
    expected: Outcome,
    end: Outcome,
    rows: readonly string[],
    leaveAfter = Number.POSITIVE_INFINITY,
  ): void {
    const all = isFailure(expected) ? (expected.rowsBefore ?? []) : expected.rows
    const isPrefix = rows.every((row, index) => row === all[index])
    const actual = isFailure(end) ? end : { rows }
    // A loop that ended early has seen the first rows, and no error that comes after them.
    const isPart = isGivenUp(end) || (!isFailure(end) && rows.length >= leaveAfter)
    const isFine = isPrefix && (isPart || isSame(withoutCounts(expected), actual))
    if (!isFine)
      throw new Mismatch(
        'the stream',
        outcomeText(expected),
        `${outcomeText({ rows })} then ${outcomeText(end)}`,
      )
  }
}

/**
 * SQLite reads the schema again, once, if it does not find a name in a statement. If a writer changes the schema again
 * meanwhile, SQLite returns this error. The statement would have failed in any case.
 */
function isSchemaRace(expected: Outcome, actual: Outcome): boolean {
  const isUnknownName = isFailure(expected) && expected.error === 'SQLITE_ERROR'
  return isUnknownName && isFailure(actual) && actual.error === 'SQLITE_SCHEMA'
}

function withoutCounts(outcome: Outcome): Outcome {
  return isFailure(outcome) ? outcome : { rows: outcome.rows }
}

/** Whether the caller got neither rows nor an error from the statement. */
function isGivenUp(outcome: Outcome): outcome is Failure {
  return isFailure(outcome) && (outcome.error === abortedCode || outcome.error === workerLostCode)
}
