import { Kysely, type PluginTransformQueryArgs, type PluginTransformResultArgs, sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { NotOpenYetError } from '../../../src/main/sqlite/errors/query-errors.ts'
import { deferredKysely } from '../../../src/main/sqlite/kysely/deferred-kysely.ts'
import { connect, type Pool } from '../../../src/main/sqlite/pool.ts'
import { Deferred } from '../../../src/shared/deferred.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

interface Schema {
  note: { id: number; text: string }
  tag: { note: number; name: string }
}

type Db = Kysely<Schema>

/** A deferred Kysely, its pool, and the function that opens it: a table `note` with two rows, and `tag` with one. */
async function deferred(): Promise<{ db: Db; pool: Pool<Schema>; open: () => void }> {
  const pool = await connect<Schema>({ dir: temporaryDirectory(), mode: 'inline' })
  onTestFinished(() => pool.close())
  const { db } = pool
  await db.schema.createTable('note').addColumn('id', 'integer').addColumn('text', 'text').execute()
  await db.schema.createTable('tag').addColumn('note', 'integer').addColumn('name', 'text').execute()
  await db
    .insertInto('note')
    .values([1, 2].map((id) => ({ id, text: `note ${id}` })))
    .execute()
  await db.insertInto('tag').values({ note: 2, name: 'red' }).execute()
  const opening = new Deferred<Db>()
  return { db: deferredKysely(opening.promise), pool, open: () => opening.resolve(db) }
}

const queries: Record<string, (db: Db) => Promise<unknown>> = {
  'a select': (db) => db.selectFrom('note').selectAll().where('id', '=', 2).execute(),
  'a first row': (db) => db.selectFrom('note').select('text').orderBy('id').executeTakeFirst(),
  'a first row or an error': (db) => db.selectFrom('note').selectAll().executeTakeFirstOrThrow(),
  'a callback': (db) =>
    db
      .selectFrom('note')
      .select((eb) => eb.fn.count<number>('id').as('count'))
      .execute(),
  'a function module': (db) => db.selectFrom('note').select(db.fn.max('id').as('largest')).execute(),
  'a case': (db) =>
    db
      .selectFrom('note')
      .select(db.case().when('id', '=', 1).then('one').end().as('word'))
      .execute(),
  'a subquery as an argument': (db) =>
    db.selectFrom('note').selectAll().where('id', 'in', db.selectFrom('tag').select('note')).execute(),
  'a subquery in an object': (db) =>
    db
      .updateTable('note')
      .set({ text: db.selectFrom('tag').select('name').limit(1) })
      .returningAll()
      .execute(),
  'a common table expression': (db) =>
    db
      .with('red', (on) => on.selectFrom('tag').select('note').where('name', '=', 'red'))
      .selectFrom('red')
      .selectAll()
      .execute(),
  'the builder that is used twice': async (db) => {
    const notes = db.selectFrom('note').orderBy('id')
    return [await notes.select('id').execute(), await notes.select('text').execute()]
  },
  'a transaction': (db) =>
    db.transaction().execute(async (trx) => {
      await trx.insertInto('note').values({ id: 3, text: 'three' }).execute()
      return await trx.selectFrom('note').selectAll().execute()
    }),
  'a connection': (db) =>
    db.connection().execute((connection) => connection.selectFrom('tag').selectAll().execute()),
  'a controlled transaction': async (db) => {
    const trx = await db.startTransaction().execute()
    await trx.deleteFrom('note').execute()
    await trx.rollback().execute()
    return await db.selectFrom('note').selectAll().execute()
  },
  'raw SQL': (db) => sql`select text from note where id = ${1}`.execute(db),
  'raw SQL with a builder in it': (db) =>
    sql`select * from note where id in ${db.selectFrom('tag').select('note')}`.execute(db),
  'raw SQL in a builder': (db) =>
    db.selectFrom('note').select(sql<string>`upper(text)`.as('upper')).execute(),
  'a compiled query': (db) => db.executeQuery(sql`select 1 as one`.compile(new Kysely({ dialect: unused }))),
  'the schema': async (db) => {
    await db.schema.createTable('more').addColumn('id', 'integer').execute()
    return (await db.introspection.getTables()).map(({ name }) => name)
  },
  'a stream': async (db) => {
    const rows: unknown[] = []
    for await (const row of db.selectFrom('note').selectAll().stream()) rows.push(row)
    return rows
  },
  'an explanation': async (db) =>
    (await db.selectFrom('note').selectAll().explain<{ opcode: string }>()).map(({ opcode }) => opcode),
}

// Of a Kysely that only compiles.
const unused = new (await import('kysely')).SqliteDialect({ database: async () => expect.unreachable() })

test.each(Object.entries(queries))(
  '%s made before the open returns the same as after it',
  async (_, query) => {
    const early = await deferred()
    const late = await deferred()
    const answering = query(early.db)
    early.open()
    late.open()
    await late.db.selectFrom('note').selectAll().execute()
    expect(await answering).toEqual(await query(late.db))
  },
)

test('a query waits until the database is open', async () => {
  const { db, open } = await deferred()
  let isAnswered = false
  const answering = db
    .selectFrom('note')
    .selectAll()
    .execute()
    .then(() => {
      isAnswered = true
    })
  await new Promise(setImmediate)
  expect(isAnswered).toBe(false)
  open()
  await answering
})

test('a query that is begun before the database is open can be continued when it is open', async () => {
  const { db, open } = await deferred()
  const begun = db.selectFrom('note').orderBy('id')
  open()
  await db.selectFrom('tag').selectAll().execute()
  expect(await begun.select('id').execute()).toEqual([{ id: 1 }, { id: 2 }])
  expect(begun.select('id').compile().sql).toBe('select "id" from "note" order by "id"')
})

test('a query has the values from the time of its call, even if the app changes its objects before the open', async () => {
  const { db, open } = await deferred()
  const row = { id: 0, text: '' }
  const rows = [row]
  const inserts = [3, 4].map((id) => {
    Object.assign(row, { id, text: `note ${id}` })
    return db.insertInto('note').values(rows).execute()
  })
  rows.length = 0
  open()
  await Promise.all(inserts)
  const texts = await db.selectFrom('note').select('text').where('id', '>', 2).orderBy('id').execute()
  expect(texts.map(({ text }) => text)).toEqual(['note 3', 'note 4'])
})

test('a plugin is the object that was given', async () => {
  const { db, open } = await deferred()
  const plugin = {
    calls: 0,
    transformQuery({ node }: PluginTransformQueryArgs) {
      this.calls++
      return node
    },
    transformResult: async ({ result }: PluginTransformResultArgs) => result,
  }
  const selected = db.withPlugin(plugin).selectFrom('note').selectAll().execute()
  open()
  await selected
  expect(plugin.calls).toBe(1)
})

test('the pool runs a query that was built before the open', async () => {
  const { db, pool, open } = await deferred()
  const ids = db.selectFrom('note').select('id').orderBy('id')
  open()
  await ids.execute()
  expect(await pool.query(ids)).toEqual([{ id: 1 }, { id: 2 }])
  expect(await pool.batch([ids])).toEqual([[{ id: 1 }, { id: 2 }]])
})

test('await returns a query builder as it is, because a builder is not a promise', async () => {
  const { db, open } = await deferred()
  const builder = await (async () => db.selectFrom('note').select('id').where('id', '=', 1))()
  open()
  expect(await builder.execute()).toEqual([{ id: 1 }])
})

test('compile() throws a typed error before the database is open', async () => {
  const { db, open } = await deferred()
  const query = db.selectFrom('note').selectAll()
  expect(() => query.compile()).toThrow(NotOpenYetError)
  open()
})

test('each query rejects with the reason why the database is not opened, also if the query is not awaited', async () => {
  const reason = new Error('held')
  let fail: () => void = () => undefined
  const opening = new Promise<Db>((_, reject) => {
    fail = () => reject(reason)
  })
  const db = deferredKysely(opening)
  void db.selectFrom('note').selectAll().execute()
  const asked = expect(db.selectFrom('note').selectAll().execute()).rejects.toBe(reason)
  fail()
  await asked
  await expect(db.selectFrom('note').selectAll().execute()).rejects.toBe(reason)
  // A rejection that is not handled would fail this test file.
  await new Promise(setImmediate)
})

test('a Kysely that is not open yet is not a transaction', async () => {
  const { db, open } = await deferred()
  expect(db.isTransaction).toBe(false)
  open()
})
