import fc from 'fast-check'

/** Values a client writes, by key. */
export type Writes = readonly (readonly [key: number, value: number])[]

/** What one client does next. Every `abortAfter` is in milliseconds; undefined: nobody aborts it. */
export type Step =
  | { readonly kind: 'write'; readonly writes: Writes; readonly abortAfter: number | undefined }
  | { readonly kind: 'batch'; readonly writes: Writes; readonly abortAfter: number | undefined }
  | {
      readonly kind: 'transaction'
      readonly writes: Writes
      readonly end: 'commit' | 'rollback'
      readonly abortAfter: number | undefined
    }
  | { readonly kind: 'read'; readonly abortAfter: number | undefined }
  | { readonly kind: 'stream'; readonly leaveAfter: number }
  | { readonly kind: 'look at pair'; readonly isSnapshot: boolean }

/** A thread is ended from outside, while the clients are at work. */
export interface Kill {
  readonly after: number
  /** Which of the living threads, counted round and round. */
  readonly which: number
}

const keys = 6
const writes = fc.array(fc.tuple(fc.nat(keys - 1), fc.integer()), { minLength: 1, maxLength: 4 })
const abortAfter = fc.option(fc.nat(15), { nil: undefined, freq: 3 })

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), writes, abortAfter }),
  fc.record({ kind: fc.constant('batch' as const), writes, abortAfter }),
  fc.record({
    kind: fc.constant('transaction' as const),
    writes,
    end: fc.constantFrom('commit', 'rollback'),
    abortAfter,
  }),
  fc.record({ kind: fc.constant('read' as const), abortAfter }),
  fc.record({ kind: fc.constant('stream' as const), leaveAfter: fc.nat(keys) }),
  fc.record({ kind: fc.constant('look at pair' as const), isSnapshot: fc.boolean() }),
)

/** Several clients at once, each with its steps one after the other. */
export const clients = fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), {
  minLength: 1,
  maxLength: 4,
})

export const kills = fc.array(fc.record({ after: fc.nat(60), which: fc.nat(5) }), { maxLength: 3 })
