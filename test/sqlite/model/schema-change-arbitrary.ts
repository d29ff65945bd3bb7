import fc from 'fast-check'
import { column, mix, newColumn, record, someColumns, source, table } from './choices.ts'
import type { Constraint, SchemaChange } from './schema-changes.ts'

const constraint = fc.constantFrom<Constraint>(
  'none',
  'primary key',
  'unique',
  'not null',
  'default',
  'references',
  'references at commit',
)
export const schemaChange: fc.Arbitrary<SchemaChange> = mix<SchemaChange>(
  [
    3,
    record({
      change: fc.constant('create table'),
      table,
      columns: fc.dictionary(column, constraint, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
    }) as fc.Arbitrary<SchemaChange>,
  ],
  [2, record({ change: fc.constant('drop table'), table, ifExists: fc.boolean() })],
  [2, record({ change: fc.constant('rename table'), table, to: table })],
  [6, record({ change: fc.constant('add column'), table, column: newColumn, isDefaulted: fc.boolean() })],
  [4, record({ change: fc.constant('rename column'), table, column, to: newColumn })],
  [4, record({ change: fc.constant('drop column'), table, column })],
  [1, record({ change: fc.constant('create index'), table, column, isUnique: fc.boolean() })],
  [1, fc.constant({ change: 'drop index' })],
  [
    2,
    record({
      change: fc.constant('create view'),
      of: source,
      columns: fc.oneof(fc.constant('*' as const), someColumns),
    }),
  ],
  [1, fc.constant({ change: 'drop view' })],
  [1, record({ change: fc.constant('create trigger'), on: table, into: table })],
  [1, fc.constant({ change: 'drop trigger' })],
)
