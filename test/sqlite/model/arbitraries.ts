import fc from 'fast-check'
import { type Choice, column, mix, record, someColumns, source, table, value } from './choices.ts'
import { isOn } from './features.ts'
import { type OddParameter, type Parameter, refusedParameters } from './parameters.ts'
import { schemaChange } from './schema-change-arbitrary.ts'
import type { Form, Returning, Statement } from './statements.ts'

const anyReturning = mix<Returning>(
  [2, fc.constant(undefined)],
  [2, fc.constant('*'), 'returning'],
  [1, someColumns, 'returning'],
)

const selectAll = record({
  form: fc.constant('select all' as const),
  from: source,
  by: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: column }),
})
const readForm: fc.Arbitrary<Form> = mix<Form>(
  [12, selectAll],
  [
    3,
    record({
      form: fc.constant('select'),
      from: source,
      columns: someColumns,
      as: fc.option(column, { nil: undefined }),
    }),
  ],
  [1, record({ form: fc.constant('count'), from: source, by: column })],
  [1, record({ form: fc.constant('join'), left: source, right: source })],
  [2, record({ form: fc.constant('generate'), rows: fc.constantFrom(0, 1, 2, 31, 32, 33, 70) })],
  [
    1,
    fc.constant({ form: 'text', text: 'select user_version as $v from pragma_user_version', isRead: true }),
  ],
)
const pragmaWrite: Form = { form: 'text', text: 'pragma user_version = 5', isRead: false }
const writeForm = (returning: fc.Arbitrary<Returning>): fc.Arbitrary<Form> =>
  mix<Form>(
    [
      8,
      record({
        form: fc.constant('insert'),
        into: table,
        values: fc.dictionary(column, value, { maxKeys: 3, noNullPrototype: true }),
        or: fc.constantFrom(
          undefined,
          undefined,
          undefined,
          undefined,
          'ignore',
          'replace',
          'rollback',
          'fail',
        ),
        returning,
      }) as fc.Arbitrary<Form>,
    ],
    [
      4,
      record({
        form: fc.constant('update'),
        table,
        set: fc.tuple(column, value),
        where: fc.option(fc.tuple(column, value), { nil: undefined }),
        returning,
      }),
    ],
    [2, record({ form: fc.constant('delete'), from: table, where: fc.tuple(column, value), returning })],
    [
      2,
      record({
        form: fc.constant('with insert'),
        into: table,
        column,
        rows: fc.constantFrom(1, 3, 40),
        returning,
      }),
      'with-writes',
    ],
    [1, fc.constant(pragmaWrite)],
  )
/** The undo of a write that returns an integer beyond 2^53 is a separate feature when the write is not alone. */
const heldReturning =
  isOn('integer range') && !isOn('integer range inside') ? fc.constant(undefined) : anyReturning
const slowForm: fc.Arbitrary<Form> = mix<Form>(
  [1, record({ form: fc.constant('slow select'), rows: fc.constantFrom('one' as const, 'many' as const) })],
  [2, record({ form: fc.constant('slow insert'), into: table, returning: anyReturning })],
)
const brokenForm: fc.Arbitrary<Form> = fc
  .constantFrom(
    'selec 1',
    'select',
    '',
    'select 1; select 2',
    'select * from nothing',
    "select json('x')",
    'pragma',
  )
  .map((text) => ({ form: 'text', text, isRead: true }))

const parameter = mix<Parameter>(
  [1, record({ value })],
  [
    2,
    fc
      .constantFrom<OddParameter>('undefined', 'Float64Array', 'DataView', 'part of a Uint16Array', 'Buffer')
      .map((odd) => ({ odd })),
    'odd parameters',
  ],
  [2, fc.constantFrom(...refusedParameters).map((odd) => ({ odd })), 'refused parameters'],
)
const bindForm: fc.Arbitrary<Form> = record({
  form: fc.constant('bind'),
  parameters: fc.array(parameter, { minLength: 1, maxLength: 3 }),
  into: fc.option(table, { nil: undefined }),
})

const as = isOn('disguises')
  ? fc.constantFrom<Statement['as']>(
      'built',
      'built',
      'built',
      'built',
      'built',
      'raw',
      'comment',
      'line comment',
      'semicolon',
    )
  : fc.constantFrom<Statement['as']>('built', 'built', 'raw')
const written = (what: fc.Arbitrary<Form>): fc.Arbitrary<Statement> => record({ what, as })
const schemaForm: fc.Arbitrary<Form> = schemaChange.map((change) => ({ form: 'schema change', change }))

const alwaysRefused = ['begin', 'commit', 'rollback', 'savepoint x', "attach ':memory:' as other"]
const refusedOutside = [
  'select last_insert_rowid() as $id',
  'select changes() as $n, total_changes() as $m',
  'pragma foreign_keys = off',
  'pragma query_only = on',
]
const asText = (text: string): Form => ({ form: 'text', text, isRead: false })
const always = fc
  .constantFrom(...alwaysRefused)
  .map((text): Statement => ({ what: asText(text), as: 'raw', refused: 'always' }))
const temporary = table.map((name): Form => ({ form: 'temporary table', table: name }))
const outside = fc
  .oneof(fc.constantFrom(...refusedOutside).map(asText), temporary)
  .map((what): Statement => ({ what, as: 'raw', refused: 'outside' }))
const setting = fc
  .oneof(
    fc
      .constantFrom(
        'foreign_keys = off',
        'query_only = on',
        'ignore_check_constraints = on',
        'recursive_triggers = on',
      )
      .map((text) => asText(`pragma ${text}`)),
    temporary,
  )
  .map((what): Statement => ({ what, as: 'raw', refused: 'outside' }))

const anyRead = written(readForm)
export const slow = written(slowForm)
/** A write that may return any rows. */
export const write = written(writeForm(anyReturning))
/** This pragma returns no rows, and SQLite does not report it as a write, so it cannot be streamed. */
export const streamedWrite = write.filter(({ what }) => what.form !== 'text')
export const heldWrite = written(writeForm(heldReturning))

/** The simplest read, repeated, to check that its columns are still the columns of the table. */
export const look = table.map(
  (from): Statement => ({ what: { form: 'select all', from, by: undefined }, as: 'built' }),
)
export const read = fc.oneof(anyRead, look)
/** What a rollback undoes. */
export const schemaStatement = written(schemaForm)

const common = (writes: fc.Arbitrary<Statement>): Choice<Statement>[] => [
  [8, read],
  [6, writes],
  [4, schemaStatement, 'schema changes'],
  [1, written(brokenForm)],
  [1, written(bindForm)],
  [1, always, 'refused statements'],
]
/** A statement on the pool itself. */
export const statement = mix<Statement>(...common(write), [1, outside, 'refused statements'])
/** A statement in a batch. */
export const batched = mix<Statement>(...common(heldWrite))
/** A statement on a connection of its own. */
export const held = mix<Statement>(...common(heldWrite), [2, setting, 'connection settings'])
/** Statements that another connection runs, outside the pool. */
export const foreign = mix<Statement>([2, write], [5, schemaStatement, 'schema changes'])
