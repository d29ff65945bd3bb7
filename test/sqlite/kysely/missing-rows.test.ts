import { type Generated, type Kysely, sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect, type Pool, release } from '../../../src/main/sqlite/pool.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { all, rejection } from '../settled.ts'

interface Schema {
  item: { id: Generated<number>; name: string }
  part: { id: Generated<number>; item: number }
}

const migrations: Migrations = {
  '001-item': {
    async up(db: Kysely<unknown>) {
      await sql`create table item (id integer primary key, name text not null unique)`.execute(db)
      await sql`create table part (id integer primary key,
        item integer not null references item (id) deferrable initially deferred)`.execute(db)
    },
  },
}

async function openItems(mode: ConnectOptions['mode'] & string): Promise<Pool<Schema>> {
  const dir = temporaryDirectory()
  const pool = await connect<Schema>({ dir, mode, migrations })
  onTestFinished(() => release(dir))
  await pool.db.insertInto('item').values({ id: 1, name: 'first' }).execute()
  return pool
}

/** Operations that fail after one of their statements has returned rows with the columns `id` and `name`. */
const failing: [what: string, run: (pool: Pool<Schema>) => Promise<unknown>][] = [
  [
    'a batch whose second statement violates a unique constraint',
    ({ db, batch }) =>
      batch([
        db.insertInto('item').values({ name: 'second' }).returningAll(),
        db.insertInto('item').values({ name: 'first' }),
      ]),
  ],
  [
    'a batch whose second statement returns an integer beyond 2^53',
    ({ db, batch }) =>
      batch([
        db.insertInto('item').values({ name: 'second' }).returningAll(),
        sql`select ${2n ** 60n} as large`.compile(db),
      ]),
  ],
  [
    'a batch whose second statement is refused',
    ({ db, batch }) =>
      batch([db.selectFrom('item').selectAll(), sql`attach ':memory:' as other`.compile(db)]),
  ],
  [
    'a batch whose commit fails on a deferred foreign key',
    ({ db, batch }) => batch([db.selectFrom('item').selectAll(), db.insertInto('part').values({ item: 99 })]),
  ],
  [
    'an insert with returning whose commit fails on a deferred foreign key',
    ({ db }) =>
      db
        .insertInto('part')
        .values({ item: 99 })
        .returning(['id', sql<string>`'a part'`.as('name')])
        .execute(),
  ],
]

/** Every way to get rows with these columns from the writer. */
const ways: Record<string, (pool: Pool<Schema>, name: string) => Promise<{ id: number; name: string }[]>> = {
  query: ({ db, query }, name) => query(insert(db, name)),
  execute: ({ db }, name) => insert(db, name).execute(),
  batch: async ({ db, batch }, name) => (await batch([insert(db, name)]))[0],
  transaction: ({ db }, name) => db.transaction().execute((trx) => insert(trx, name).execute()),
  connection: ({ db }, name) => db.connection().execute((one) => insert(one, name).execute()),
  stream: ({ db }, name) => all(insert(db, name).stream()),
  'stream on a connection': ({ db }, name) =>
    db.connection().execute((one) => all(insert(one, name).stream())),
}

function insert(db: Kysely<Schema>, name: string) {
  return db.insertInto('item').values({ name }).returning(['id', 'name'])
}

async function expectRowsFrom(pool: Pool<Schema>): Promise<void> {
  let id = 1
  for (const [way, run] of Object.entries(ways)) {
    id++
    expect({ way, rows: await run(pool, way) }).toEqual({ way, rows: [{ id, name: way }] })
  }
}

describe.each(['threads', 'inline'] as const)('%s', (mode) => {
  test.each(failing)('after %s, every query on the writer returns its rows', async (_, fail) => {
    const pool = await openItems(mode)
    await rejection(fail(pool))
    await expectRowsFrom(pool)
  })

  test('executeTakeFirstOrThrow returns the inserted row after a batch has failed', async () => {
    const pool = await openItems(mode)
    await rejection(failing[0]?.[1](pool) ?? Promise.resolve())
    const inserted = await insert(pool.db, 'second').executeTakeFirstOrThrow()
    expect(inserted).toEqual({ id: 2, name: 'second' })
    expect(await pool.db.selectFrom('item').selectAll().execute()).toHaveLength(2)
  })
})

test('after a timeout ends a write with returning, every query on the writer returns its rows', async () => {
  const pool = await openItems('threads')
  const slow = sql`
    insert into item (name)
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 6000000)
    select count(*) from n
    returning id, name`.compile(pool.db)
  const error = await rejection(pool.query(slow, { timeout: 100 }))
  expect(error).toMatchObject({ code: 'ERR_DATADIR_QUERY_ABORTED', outcome: 'stopped' })
  await expectRowsFrom(pool)
})
