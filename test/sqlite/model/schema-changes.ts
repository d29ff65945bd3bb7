import { CompiledQuery, sql } from 'kysely'
import { builder } from './builder.ts'
import { type Column, type Names, type Source, type Table, tables } from './names.ts'

const deferred = sql`deferrable initially deferred`

export type Constraint =
  | 'primary key'
  | 'unique'
  | 'not null'
  | 'default'
  | 'references'
  | 'references at commit'
  | 'none'

export type SchemaChange =
  | {
      readonly change: 'create table'
      readonly table: Table
      readonly columns: Readonly<Partial<Record<Column, Constraint>>>
    }
  | { readonly change: 'drop table'; readonly table: Table; readonly ifExists: boolean }
  | { readonly change: 'rename table'; readonly table: Table; readonly to: Table }
  | {
      readonly change: 'add column'
      readonly table: Table
      readonly column: Column
      readonly isDefaulted: boolean
    }
  | { readonly change: 'rename column'; readonly table: Table; readonly column: Column; readonly to: Column }
  | { readonly change: 'drop column'; readonly table: Table; readonly column: Column }
  | {
      readonly change: 'create index'
      readonly table: Table
      readonly column: Column
      readonly isUnique: boolean
    }
  | { readonly change: 'drop index' }
  | { readonly change: 'create view'; readonly of: Source; readonly columns: '*' | readonly Column[] }
  | { readonly change: 'drop view' }
  | { readonly change: 'create trigger'; readonly on: Table; readonly into: Table }
  | { readonly change: 'drop trigger' }

/** The schema at the start of each list: keys, constraints, and a foreign key that is checked at commit. */
const baseSchema: readonly SchemaChange[] = [
  { change: 'create table', table: 't0', columns: { a: 'primary key', b: 'none' } },
  { change: 'create table', table: 't1', columns: { a: 'primary key', b: 'unique', c: 'not null' } },
  { change: 'create table', table: 't2', columns: { a: 'none', b: 'references at commit', c: 'not null' } },
]

/** A few rows at the start of each list, so that wrong columns are visible. */
const baseRows: Record<Table, string> = {
  t0: "(1, 1), (2, 'x')",
  t1: '(1, 1, 0), (2, null, 3)',
  t2: '(1, 1, 7), (2, null, 8)',
}

export function baseStatements(names: Names): string[] {
  const rows = tables.map((table) => `insert into ${names.quoted(table)} values ${baseRows[table]}`)
  return [...baseSchema.map((change) => compileSchemaChange(change, names).sql), ...rows]
}

export function compileSchemaChange(change: SchemaChange, names: Names): CompiledQuery {
  const { schema } = builder
  switch (change.change) {
    case 'create table':
      return createTable(change.table, change.columns, names)
    case 'drop table': {
      const drop = schema.dropTable(names.of(change.table))
      return (change.ifExists ? drop.ifExists() : drop).compile()
    }
    case 'rename table':
      return schema.alterTable(names.of(change.table)).renameTo(names.of(change.to)).compile()
    case 'add column':
      return schema
        .alterTable(names.of(change.table))
        .addColumn(names.of(change.column), 'integer', (column) =>
          change.isDefaulted ? column.defaultTo(7) : column,
        )
        .compile()
    case 'rename column':
      return schema
        .alterTable(names.of(change.table))
        .renameColumn(names.of(change.column), names.of(change.to))
        .compile()
    case 'drop column':
      return schema.alterTable(names.of(change.table)).dropColumn(names.of(change.column)).compile()
    case 'create index': {
      const index = schema
        .createIndex(names.of('i0'))
        .on(names.of(change.table))
        .column(names.of(change.column))
      return (change.isUnique ? index.unique() : index).compile()
    }
    case 'drop index':
      return schema.dropIndex(names.of('i0')).compile()
    case 'create view': {
      const source = builder.selectFrom(names.of(change.of))
      const { columns } = change
      const query =
        columns === '*'
          ? source.selectAll()
          : source.select(columns.map((column) => builder.dynamic.ref(names.of(column))))
      return schema.createView(names.of('v0')).as(query).compile()
    }
    case 'drop view':
      return schema.dropView(names.of('v0')).compile()
    case 'create trigger':
      // Kysely has no builder for triggers.
      return CompiledQuery.raw(
        `create trigger ${names.quoted('g0')} after insert on ${names.quoted(change.on)}
        begin insert into ${names.quoted(change.into)} (${names.quoted('b')}) values (new.${names.quoted('a')}); end`,
      )
    case 'drop trigger':
      return CompiledQuery.raw(`drop trigger ${names.quoted('g0')}`)
  }
}

type Constrained = Extract<SchemaChange, { change: 'create table' }>['columns']

function createTable(table: Table, constraints: Constrained, names: Names): CompiledQuery {
  const start = builder.schema.createTable(names.of(table))
  const target = `${names.of('t0')}.${names.of('a')}`
  return Object.entries(constraints)
    .reduce(
      (create, [name, constraint]) =>
        create.addColumn(names.of(name), 'integer', (column) => {
          switch (constraint) {
            case 'primary key':
              return column.primaryKey()
            case 'unique':
              return column.unique()
            case 'not null':
              return column.notNull().defaultTo(0)
            case 'default':
              return column.defaultTo(7)
            case 'references':
              return column.references(target)
            case 'references at commit':
              return column.references(target).modifyEnd(deferred)
            default:
              return column
          }
        }),
      start,
    )
    .compile()
}
