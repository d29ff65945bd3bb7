import { type AliasedRawBuilder, CompiledQuery, sql } from 'kysely'
import { builder } from './builder.ts'
import type { Column, Names, Source, Table } from './names.ts'
import { bound, type Parameter, type Value } from './parameters.ts'
import { compileSchemaChange, type SchemaChange } from './schema-changes.ts'

/** What a write returns: all columns, some under other names, or nothing. */
export type Returning = '*' | readonly Column[] | undefined

export type Form =
  | { readonly form: 'select all'; readonly from: Source; readonly by: Column | undefined }
  | {
      readonly form: 'select'
      readonly from: Source
      readonly columns: readonly Column[]
      readonly as: Column | undefined
    }
  | { readonly form: 'count'; readonly from: Source; readonly by: Column }
  | { readonly form: 'join'; readonly left: Source; readonly right: Source }
  /** Rows of every kind of value, made without a table. */
  | { readonly form: 'generate'; readonly rows: number }
  /** A few milliseconds inside SQLite, with one row at the end or rows throughout. */
  | { readonly form: 'slow select'; readonly rows: 'one' | 'many' }
  | { readonly form: 'slow insert'; readonly into: Table; readonly returning: Returning }
  | {
      readonly form: 'insert'
      readonly into: Table
      readonly values: Readonly<Partial<Record<Column, Value>>>
      readonly or: 'ignore' | 'replace' | 'rollback' | 'fail' | undefined
      readonly returning: Returning
    }
  | {
      readonly form: 'update'
      readonly table: Table
      readonly set: readonly [Column, Value]
      readonly where: readonly [Column, Value] | undefined
      readonly returning: Returning
    }
  | {
      readonly form: 'delete'
      readonly from: Table
      readonly where: readonly [Column, Value]
      readonly returning: Returning
    }
  /** `with … insert`: a write that begins like a read. */
  | {
      readonly form: 'with insert'
      readonly into: Table
      readonly column: Column
      readonly rows: number
      readonly returning: Returning
    }
  | { readonly form: 'bind'; readonly parameters: readonly Parameter[]; readonly into: Table | undefined }
  | { readonly form: 'temporary table'; readonly table: Table }
  /** `$v` in the text is a name from the list. */
  | { readonly form: 'text'; readonly text: string; readonly isRead: boolean }
  | { readonly form: 'schema change'; readonly change: SchemaChange }

export interface Statement {
  readonly what: Form
  /** Kysely's own builder, or the same text as raw SQL, which may have something before its keyword. */
  readonly as: 'built' | 'raw' | 'comment' | 'line comment' | 'semicolon'
  /** The pool refuses it: always, or only when it does not run on a leased connection. */
  readonly refused?: 'always' | 'outside'
}

const prefixes: Record<Statement['as'], string> = {
  built: '',
  raw: '',
  comment: '/* x */ ',
  'line comment': '-- x\n',
  semicolon: ';',
}

export function compile({ what, as }: Statement, names: Names): CompiledQuery {
  const compiled = compileForm(what, names)
  if (as === 'built') return compiled
  return CompiledQuery.raw(prefixes[as] + compiled.sql, [...compiled.parameters])
}

/** Whether it may be answered concurrently with writes of the same tick. */
export function isRead({ what }: Statement): boolean {
  switch (what.form) {
    case 'select all':
    case 'select':
    case 'count':
    case 'join':
    case 'generate':
    case 'slow select':
      return true
    case 'bind':
      return what.into === undefined
    case 'text':
      return what.isRead
    default:
      return false
  }
}

// Enough for a few milliseconds.
const slowRows = 20_000
const slowCount = `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${slowRows})`

function compileForm(form: Form, names: Names): CompiledQuery {
  const { ref } = builder.dynamic
  const name = (column: Column) => names.of(column)
  switch (form.form) {
    case 'select all': {
      const query = builder.selectFrom(names.of(form.from)).selectAll()
      return (form.by ? query.orderBy(name(form.by)) : query).compile()
    }
    case 'select': {
      const query = builder
        .selectFrom(names.of(form.from))
        .select(form.columns.map((column) => ref(name(column))))
      return (
        form.as ? query.select(sql`${sql.ref(name(form.columns[0] ?? 'a'))} || 'x'`.as(name(form.as))) : query
      ).compile()
    }
    case 'count':
      return builder
        .selectFrom(names.of(form.from))
        .select([ref(name(form.by)), sql`count(*)`.as(names.of('count'))])
        .groupBy(name(form.by))
        .orderBy(name(form.by))
        .compile()
    case 'join':
      return builder
        .selectFrom([`${names.of(form.left)} as l`, `${names.of(form.right)} as r`])
        .selectAll()
        .limit(50)
        .compile()
    case 'generate':
      return raw(generated(form.rows, names))
    case 'slow select':
      return raw(
        `${slowCount} select ${form.rows === 'one' ? 'max(i)' : 'i'} as ${names.quoted('slow')} from n`,
      )
    case 'slow insert':
      return raw(
        `insert into ${names.quoted(form.into)} (${names.quoted('b')}) ${slowCount} select max(i) from n`,
        form.returning,
        names,
      )
    case 'insert': {
      const values = Object.entries(form.values).map(([column, value]) => [names.of(column), value] as const)
      const insert = builder.insertInto(names.of(form.into))
      const filled = values.length > 0 ? insert.values(Object.fromEntries(values)) : insert.defaultValues()
      const or = form.or === undefined ? filled : filled[orMethods[form.or]]()
      return returning(or, form.returning, names).compile()
    }
    case 'update': {
      const [column, value] = form.set
      const update = builder.updateTable(names.of(form.table)).set({ [name(column)]: value })
      const found = form.where ? update.where(name(form.where[0]), '=', form.where[1]) : update
      return returning(found, form.returning, names).compile()
    }
    case 'delete': {
      const [column, value] = form.where
      const found = builder.deleteFrom(names.of(form.from)).where(name(column), '=', value)
      return returning(found, form.returning, names).compile()
    }
    case 'with insert':
      return raw(
        `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${form.rows})
        insert into ${names.quoted(form.into)} (${names.quoted(form.column)}) select i + 100 from n`,
        form.returning,
        names,
      )
    case 'bind':
      return compileBind(form.parameters, form.into, names)
    case 'temporary table':
      return raw(
        `create temporary table ${names.quoted(form.table)} (${names.quoted('e')} default 5, ${names.quoted('a')})`,
      )
    case 'text':
      return raw(form.text.replaceAll(/\$(\w+)/g, (_, word: string) => names.quoted(word)))
    case 'schema change':
      return compileSchemaChange(form.change, names)
  }
}

const orMethods = {
  ignore: 'orIgnore',
  replace: 'orReplace',
  rollback: 'orRollback',
  fail: 'orFail',
} as const

interface ReturningBuilder<Self> {
  returningAll(): Self
  returning(columns: readonly AliasedRawBuilder<unknown, string>[]): Self
}

/** Both methods return a builder of another type that compiles to the same query. */
function returning<Builder extends { compile(): CompiledQuery }>(
  query: Builder,
  what: Returning,
  names: Names,
): { compile(): CompiledQuery } {
  if (what === undefined) return query
  const returner = query as Builder & ReturningBuilder<Builder>
  if (what === '*') return returner.returningAll()
  return returner.returning(
    what.map((column) => sql`${sql.ref(names.of(column))}`.as(names.of(`${column}_now`))),
  )
}

function raw(text: string, what?: Returning, names?: Names): CompiledQuery {
  if (what === undefined || !names) return CompiledQuery.raw(text)
  const list = what === '*' ? '*' : what.map((column) => names.quoted(column)).join(', ')
  return CompiledQuery.raw(`${text} returning ${list}`)
}

function compileBind(parameters: readonly Parameter[], into: Table | undefined, names: Names): CompiledQuery {
  const values = parameters.map(bound)
  if (into === undefined) {
    const cells = values.map((_, index) => `? as ${names.quoted(`p${index}`)}`)
    return CompiledQuery.raw(`select ${cells.join(', ')}`, values)
  }
  const rows = values.map(() => '(?)')
  return CompiledQuery.raw(
    `insert into ${names.quoted(into)} (${names.quoted('b')}) values ${rows.join(', ')}`,
    values,
  )
}

function generated(rows: number, names: Names): string {
  return `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${rows})
    select i as ${names.quoted('a')}, i / 2.0 as ${names.quoted('b')}, nullif(i % 3, 0) as ${names.quoted('c')},
      'text ' || i as ${names.quoted('d')}, unhex(printf('%04x', i)) as ${names.quoted('e')}
    from n where i <= ${rows}`
}
