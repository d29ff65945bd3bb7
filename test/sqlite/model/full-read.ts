import type { Database } from 'better-sqlite3'
import { CompiledQuery, type Kysely } from 'kysely'
import type { AnySchema } from './builder.ts'
import type { Model } from './model.ts'
import { demandSame, failureOf, Mismatch, type Outcome, rowText, successOf } from './outcome.ts'

const schemaQuery = 'select type, name, sql from sqlite_schema order by type, name'

/** State that a callback may have left on the connection that writes. */
const settingsQuery = `select foreign_keys, query_only, ignore_check_constraints, recursive_triggers,
  (select count(*) from sqlite_temp_schema) as temporary
  from pragma_foreign_keys, pragma_query_only, pragma_ignore_check_constraints, pragma_recursive_triggers`

interface SchemaObject {
  readonly type: string
  readonly name: string
}

function objectsIn(connection: Database): SchemaObject[] {
  return connection.prepare<[], SchemaObject>(schemaQuery).all()
}

/** The complete contents of a database. */
export function contentOf(connection: Database): string {
  const objects = connection.prepare<[], object>(schemaQuery).all().map(rowText)
  const tables = objectsIn(connection).filter(({ type }) => type === 'table')
  const rows = tables.map(({ name }) =>
    connection.prepare<[], object>(`select * from "${name}"`).safeIntegers(true).all().map(rowText),
  )
  return [...objects, ...rows.flat(), rowText(connection.prepare('pragma user_version').get())].join('\n')
}

export function demandSameContent(model: Model, outside: Database): void {
  const [expected, actual] = [contentOf(model.outside), contentOf(outside)]
  if (expected === actual) return
  const [expectedLines, actualLines] = [expected.split('\n'), actual.split('\n')]
  const missing = expectedLines.filter((line) => !actualLines.includes(line))
  const surplus = actualLines.filter((line) => !expectedLines.includes(line))
  throw new Mismatch('what is in the file', missing.join('\n') || 'less', surplus.join('\n') || 'less')
}

/** Reads every table and view through the pool at the same time, and compares them with the model. */
export async function demandSameReads(model: Model, db: Kysely<AnySchema>): Promise<void> {
  const names = objectsIn(model.outside)
    .filter(({ type }) => type === 'table' || type === 'view')
    .map(({ name }) => `select * from "${name}"`)
  const reads = [schemaQuery, ...names]
  const outcomes = await Promise.all(reads.map((text) => readThrough(db, text)))
  for (const [index, text] of reads.entries()) {
    const outcome = outcomes[index]
    if (outcome) demandSame(`the full read, ${text}`, model.runText(text), outcome)
  }
}

export async function demandSameSettings(model: Model, db: Kysely<AnySchema>): Promise<void> {
  const outcome = await db.connection().execute((connection) => readThrough(connection, settingsQuery))
  demandSame('the settings of the writer', model.runText(settingsQuery), outcome)
}

async function readThrough(db: Kysely<AnySchema>, text: string): Promise<Outcome> {
  try {
    return successOf(await db.executeQuery(CompiledQuery.raw(text)))
  } catch (error) {
    return failureOf(error)
  }
}

/** Removes what a list has left, and every setting that is stored in the file. */
export function clear(connection: Database): void {
  connection.pragma('foreign_keys = OFF')
  connection.exec('begin immediate')
  for (const kind of ['trigger', 'view', 'table']) {
    for (const { type, name } of objectsIn(connection))
      if (type === kind) connection.exec(`drop ${type} "${name}"`)
  }
  connection.exec('commit')
  connection.pragma('user_version = 0')
  connection.pragma('foreign_keys = ON')
}
