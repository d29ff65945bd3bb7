import fc from 'fast-check'
import {
  batched,
  foreign,
  held,
  heldWrite,
  look,
  read,
  schemaStatement,
  slow,
  statement,
  streamedWrite,
  write,
} from './arbitraries.ts'
import { type Choice, mix, record } from './choices.ts'
import { isOn } from './features.ts'
import type { Statement } from './statements.ts'

/** What may end a query early. */
export interface Limit {
  /** `before`: aborted before the call. `tick`: in the tick of the call. A number: after this many milliseconds. */
  readonly at: 'before' | 'tick' | number
  readonly by: 'signal' | 'timeout' | 'ignored query'
}

export interface Call {
  readonly statement: Statement
  readonly limit: Limit | undefined
}

/** What a transaction does. An uncaught error ends it. */
export type Action =
  | { readonly do: 'run'; readonly call: Call; readonly isCaught: boolean }
  | { readonly do: 'savepoint' | 'rollback to' | 'release'; readonly savepoint: 's0' | 's1' }

export type Step =
  /** Queries of one tick. */
  | { readonly step: 'queries'; readonly calls: readonly Call[] }
  | { readonly step: 'batch'; readonly statements: readonly Statement[]; readonly limit: Limit | undefined }
  | { readonly step: 'transaction'; readonly actions: readonly Action[]; readonly end: 'commit' | 'rollback' }
  | { readonly step: 'connection'; readonly calls: readonly Call[] }
  /** Reads in the open read-only transaction. Opens one if there is none. */
  | { readonly step: 'snapshot'; readonly statements: readonly Statement[]; readonly isLast: boolean }
  | {
      readonly step: 'stream'
      readonly call: Call
      readonly chunkSize: number
      /** The number of rows after which the loop ends. */
      readonly leaveAfter: number | undefined
      /** A write on the pool while the stream is open. */
      readonly meanwhile: Statement | undefined
    }
  /** Statements that a connection outside the pool runs. */
  | { readonly step: 'outside'; readonly statements: readonly Statement[] }

export function statementsOf(step: Step): Statement[] {
  switch (step.step) {
    case 'queries':
    case 'connection':
      return step.calls.map(({ statement }) => statement)
    case 'transaction':
      return step.actions.flatMap((action) => (action.do === 'run' ? [action.call.statement] : []))
    case 'stream':
      return [step.call.statement, ...(step.meanwhile ? [step.meanwhile] : [])]
    default:
      return [...step.statements]
  }
}

const stopping: Choice<Limit>[] = [
  [
    4,
    record({
      at: fc.oneof(fc.constantFrom('before' as const, 'tick' as const), fc.nat(5)),
      by: fc.constant('signal'),
    }),
  ],
  [2, record({ at: fc.nat(5), by: fc.constant('timeout') })],
]
/** Among other queries, only limits with a definite outcome, so that the model can follow. */
const stoppingLimit = mix<Limit>(...stopping)
const anyLimit = mix<Limit>(...stopping, [
  1,
  record({ at: fc.nat(5), by: fc.constant('ignored query') }),
  'ignored queries',
])
/** Most queries have no limits. Queries with limits take longer, so that the limit is reached while they run. */
function called(statements: fc.Arbitrary<Statement>, limits = stoppingLimit): fc.Arbitrary<Call> {
  const unlimited = record({ statement: statements, limit: fc.constant(undefined) })
  const limited = record({ statement: fc.oneof(statements, slow), limit: limits })
  return mix<Call>([12, unlimited], [1, limited, 'limits'])
}
const seldomLimited: fc.Arbitrary<Limit | undefined> = isOn('limits')
  ? fc.option(stoppingLimit, { nil: undefined, freq: 12 })
  : fc.constant(undefined)

const run: fc.Arbitrary<Action> = record({
  do: fc.constant('run'),
  call: called(held),
  isCaught: fc.boolean(),
})
const savepoint = fc.constantFrom('s0' as const, 's1' as const)
const caught = (statement: fc.Arbitrary<Statement>): fc.Arbitrary<Action> =>
  record({ do: fc.constant('run'), call: called(statement), isCaught: fc.constant(true) })
const savepointed = fc.array(
  mix<Action>([1, run], [1, caught(look)], [1, caught(schemaStatement), 'schema changes']),
  { minLength: 1, maxLength: 3 },
)
/** A savepoint that is rolled back or released, and a read of the result. */
const group: fc.Arbitrary<readonly Action[]> = fc
  .tuple(
    savepoint,
    savepointed,
    fc.constantFrom('rollback to', 'rollback to', 'release'),
    fc.array(caught(look), { maxLength: 1 }),
  )
  .map(([name, inside, end, looks]) => [
    { do: 'savepoint', savepoint: name },
    ...inside,
    { do: end, savepoint: name },
    ...looks,
  ])
const actions: fc.Arbitrary<readonly Action[]> = fc
  .array(
    mix<readonly Action[]>(
      [4, run.map((one) => [one])],
      [2, group, 'savepoints'],
      // Commands that may be out of place.
      [
        1,
        record({ do: fc.constantFrom('savepoint', 'rollback to', 'release'), savepoint }).map((one) => [one]),
        'savepoints',
      ],
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((groups) => groups.flat())
const chunkSize = mix<number>(
  [6, fc.integer({ min: 1, max: 50 })],
  [1, fc.constantFrom(Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY), 'refused chunk sizes'],
)
const several = { minLength: 1, maxLength: 4 }

const queries: fc.Arbitrary<Step> = record({
  step: fc.constant('queries'),
  calls: fc.array(called(statement, anyLimit), { minLength: 1, maxLength: 1 }),
})
const tick: fc.Arbitrary<Step> = record({
  step: fc.constant('queries'),
  calls: fc.array(called(statement), { minLength: 2, maxLength: 5 }),
})
const batch: fc.Arbitrary<Step> = record({
  step: fc.constant('batch'),
  statements: fc.array(fc.oneof({ weight: 6, arbitrary: batched }, { weight: 1, arbitrary: slow }), several),
  limit: seldomLimited,
})
const transaction: fc.Arbitrary<Step> = record({
  step: fc.constant('transaction'),
  actions,
  end: fc.constantFrom('commit', 'commit', 'rollback'),
})
const connection: fc.Arbitrary<Step> = record({
  step: fc.constant('connection'),
  calls: fc.array(called(held), several),
})
const snapshot: fc.Arbitrary<Step> = record({
  step: fc.constant('snapshot'),
  statements: fc.array(fc.oneof({ weight: 8, arbitrary: read }, { weight: 1, arbitrary: write }), {
    maxLength: 2,
  }),
  isLast: fc.boolean(),
})
const stream: fc.Arbitrary<Step> = record({
  step: fc.constant('stream'),
  call: called(fc.oneof({ weight: 3, arbitrary: read }, { weight: 1, arbitrary: streamedWrite })),
  chunkSize,
  leaveAfter: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
  meanwhile: fc.option(write, { nil: undefined, freq: 3 }),
})
const outside: fc.Arbitrary<Step> = record({
  step: fc.constant('outside'),
  statements: fc.array(foreign, { minLength: 1, maxLength: 2 }),
})

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  mix<Step>(
    [10, queries],
    [3, tick, 'ticks'],
    [4, batch, 'batches'],
    [5, transaction, 'transactions'],
    [2, connection, 'connections'],
    [4, snapshot, 'snapshots'],
    [3, stream, 'streams'],
    [2, outside, 'outside'],
  ),
  { minLength: 1, maxLength: 12 },
)

const unlimited = (one: fc.Arbitrary<Statement>): fc.Arbitrary<Call> =>
  record({ statement: one, limit: fc.constant(undefined) })
const oftenSlow = fc.oneof({ weight: 2, arbitrary: slow }, { weight: 1, arbitrary: heldWrite })
/** Work that keeps a thread busy for a few milliseconds. It takes effect completely, or not at all. */
const interruptible: fc.Arbitrary<Step> = mix<Step>(
  [1, record({ step: fc.constant('queries'), calls: fc.tuple(unlimited(slow)) })],
  [
    3,
    record({
      step: fc.constant('batch'),
      statements: fc.array(oftenSlow, { minLength: 2, maxLength: 5 }),
      limit: fc.constant(undefined),
    }),
    'batches',
  ],
  [
    4,
    record({
      step: fc.constant('transaction'),
      actions: fc.array(
        record({ do: fc.constant('run'), call: unlimited(oftenSlow), isCaught: fc.constant(true) }),
        { minLength: 2, maxLength: 5 },
      ),
      end: fc.constantFrom('commit', 'commit', 'commit', 'rollback'),
    }),
    'transactions',
  ],
  [1, stream.map((one) => ({ ...one, meanwhile: undefined })), 'streams'],
)

/** A thread ends during a step. */
export interface Interruption {
  readonly before: readonly Step[]
  readonly step: Step
  readonly afterMilliseconds: number
  /** The index of the thread, modulo the number of running threads. The writer is the first. */
  readonly which: number
}
export const interruptions: fc.Arbitrary<Interruption> = record({
  before: fc.array(interruptible, { maxLength: 2 }),
  step: interruptible,
  afterMilliseconds: fc.nat(15),
  which: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2) }),
})
