import fc from 'fast-check'
import { type Feature, isOn } from './features.ts'
import { columns, type Source, tables } from './names.ts'
import type { Value } from './parameters.ts'

export type Choice<Kind> = readonly [weight: number, arbitrary: fc.Arbitrary<Kind>, feature?: Feature]

/** One of several, by weight, without those whose feature is disabled. */
export function mix<Kind>(...choices: readonly Choice<Kind>[]): fc.Arbitrary<Kind> {
  return fc.oneof(
    ...choices
      .filter(([, , feature]) => feature === undefined || isOn(feature))
      .map(([weight, arbitrary]) => ({ weight, arbitrary })),
  )
}

/** A record that prints as an object literal. */
export function record<Fields>(
  fields: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> },
): fc.Arbitrary<Fields> {
  return fc.record<Fields>(fields, { noNullPrototype: true }) as fc.Arbitrary<Fields>
}

// The first table is used most, so that steps often affect each other.
export const table = fc.oneof(
  { weight: 3, arbitrary: fc.constant(tables[0]) },
  { weight: 2, arbitrary: fc.constantFrom(...tables) },
)
export const column = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a' as const, 'b' as const) },
  { weight: 2, arbitrary: fc.constantFrom(...columns) },
)
export const newColumn = fc.constantFrom(...columns, 'd' as const, 'e' as const)
export const source: fc.Arbitrary<Source> = fc.oneof(
  { weight: 5, arbitrary: table },
  { weight: 1, arbitrary: fc.constant('v0' as const) },
)

/** Few values, so that they collide in unique columns and foreign keys. */
export const value: fc.Arbitrary<Value> = mix<Value>(
  [12, fc.nat(3)],
  [2, fc.constant(null)],
  [1, fc.constantFrom('', 'x', 'ä€😀')],
  [1, fc.constantFrom(1.5, -0, 1e300, Number.NaN)],
  [1, fc.uint8Array({ maxLength: 3 })],
  [2, fc.constantFrom(2n ** 53n, -(2n ** 63n)), 'integer range'],
)
export const someColumns = fc.uniqueArray(column, { minLength: 1, maxLength: 3 })
