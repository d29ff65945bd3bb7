import SqliteDatabase, { type Database } from 'better-sqlite3'
import { type Generated, type Kysely, sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { connect, type Pool, release } from '../../../src/main/sqlite/pool.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { all } from '../settled.ts'

interface Schema {
  t: { a: Generated<number>; b: number }
}
type Rows = readonly Record<string, unknown>[]

const migrations: Migrations = {
  '001-t': {
    async up(db: Kysely<unknown>) {
      await sql`create table t (a, b)`.execute(db)
      await sql`insert into t values (1, 2), (3, 4)`.execute(db)
      await sql`create view v as select a, b from t`.execute(db)
    },
  },
}

/** A pool, and a second connection to its file, like the connection of another program. */
async function open(mode: 'threads' | 'inline'): Promise<{ pool: Pool<Schema>; other: Database }> {
  const dir = temporaryDirectory()
  const pool = await connect<Schema>({ dir, mode, readers: 3, migrations, closeTimeout: 500 })
  const other = new SqliteDatabase(pool.databasePath)
  onTestFinished(async () => {
    other.close()
    await release(dir)
  })
  return { pool, other }
}

const statement = 'select * from t'

/** Every way to read all of `t`, several times if several connections could answer. */
const ways: Record<string, (pool: Pool<Schema>) => Promise<Rows[]>> = {
  readers: ({ db }) => Promise.all(Array.from({ length: 12 }, () => rowsOf(db, statement))),
  view: ({ db }) => Promise.all(Array.from({ length: 12 }, () => rowsOf(db, 'select * from v'))),
  snapshot: ({ db }) =>
    db
      .transaction()
      .setAccessMode('read only')
      .execute(async (trx) => [await rowsOf(trx, statement)]),
  transaction: ({ db }) => db.transaction().execute(async (trx) => [await rowsOf(trx, statement)]),
  connection: ({ db }) => db.connection().execute(async (one) => [await rowsOf(one, statement)]),
  batch: ({ db, batch }) => batch([sql<Record<string, unknown>>`select * from t`.compile(db)]),
  returning: async ({ db }) => [await rowsOf(db, 'update t set rowid = rowid returning *')],
  stream: async ({ db }) => [await all(db.selectFrom('t').selectAll().stream(1))],
  'stream on a connection': ({ db }) =>
    db.connection().execute(async (one) => [await all(one.selectFrom('t').selectAll().stream(1))]),
}

async function rowsOf(db: Kysely<Schema>, text: string): Promise<Rows> {
  return (await sql.raw<Record<string, unknown>>(text).execute(db)).rows
}

/** Names and cells in their order. */
function entriesOf(rows: Rows): [string, unknown][][] {
  return rows.map((row) => Object.entries(row))
}

/** Compares what every connection of the pool reads with what a new connection reads. */
async function expectTruth(pool: Pool<Schema>): Promise<void> {
  const plain = new SqliteDatabase(pool.databasePath, { readonly: true })
  const truth = (text: string) => entriesOf(plain.prepare<[], Record<string, unknown>>(text).all())
  try {
    for (const [way, read] of Object.entries(ways)) {
      const expected = truth(way === 'view' ? 'select * from v' : statement)
      for (const rows of await read(pool))
        expect({ way, rows: entriesOf(rows) }).toEqual({ way, rows: expected })
    }
  } finally {
    plain.close()
  }
}

interface Connections {
  readonly pool: Pool<Schema>
  readonly other: Database
}

const changes: [what: string, make: (connections: Connections) => unknown][] = [
  ['a column that another program added', ({ other }) => other.exec('alter table t add column c default 7')],
  ['a column that another program renamed', ({ other }) => other.exec('alter table t rename column b to z')],
  [
    'a table that another program dropped and created with its columns swapped',
    ({ other }) => other.exec('drop table t; create table t (b, a); insert into t values (2, 1), (4, 3)'),
  ],
  [
    'a view that another program replaced',
    ({ other }) => other.exec('drop view v; create view v as select b as a, a as b from t'),
  ],
  ['a rename', ({ pool }) => sql`alter table t rename column b to z`.execute(pool.db)],
  [
    'a change that begins with a comment',
    ({ pool }) => sql`/* add */ alter table t add column c default 7`.execute(pool.db),
  ],
  [
    'a change that begins with a semicolon',
    ({ pool }) => sql`; alter table t add column c default 7`.execute(pool.db),
  ],
  [
    'a change in a transaction that begins with a semicolon',
    ({ pool }) =>
      pool.db.transaction().execute((trx) => sql`; alter table t rename column b to z`.execute(trx)),
  ],
  [
    'a change in a batch that begins with a semicolon',
    ({ pool }) => pool.batch([sql`; alter table t add column c default 7`.compile(pool.db)]),
  ],
  [
    'a change that a failed batch has undone',
    ({ pool }) =>
      expect(
        pool.batch([
          sql`alter table t add column c default 7`.compile(pool.db),
          sql`select * from t`.compile(pool.db),
          sql`insert into nowhere values (1)`.compile(pool.db),
        ]),
      ).rejects.toThrow(),
  ],
  [
    'a change that a transaction has undone',
    ({ pool }) =>
      expect(
        pool.db.transaction().execute(async (trx) => {
          await sql`; alter table t add column c default 7`.execute(trx)
          await rowsOf(trx, statement)
          throw new Error('undo')
        }),
      ).rejects.toThrow('undo'),
  ],
]

describe.each(['threads', 'inline'] as const)('%s', (mode) => {
  test('a column added while a snapshot is open has the right name on every reader, then and later', async () => {
    const { pool } = await open(mode)
    await expectTruth(pool)
    const old = entriesOf(await rowsOf(pool.db, statement))
    const snapshot = await pool.db.startTransaction().setAccessMode('read only').execute()
    expect(entriesOf(await rowsOf(snapshot, statement))).toEqual(old)
    await sql`alter table t add column c default 7`.execute(pool.db)
    expect(entriesOf(await rowsOf(snapshot, statement))).toEqual(old)
    for (const rows of (await ways.readers?.(pool)) ?? []) {
      expect(rows).toEqual([
        { a: 1, b: 2, c: 7 },
        { a: 3, b: 4, c: 7 },
      ])
    }
    expect(entriesOf(await rowsOf(snapshot, statement))).toEqual(old)
    await snapshot.commit().execute()
    await expectTruth(pool)
  })

  test('in a transaction, a rollback to a savepoint removes the name of a new column', async () => {
    const { pool } = await open(mode)
    const trx = await pool.db.startTransaction().execute()
    const before = await rowsOf(trx, statement)
    const savepoint = await trx.savepoint('before').execute()
    await sql`alter table t add column c default 7`.execute(savepoint)
    expect(await rowsOf(savepoint, statement)).toEqual([
      { a: 1, b: 2, c: 7 },
      { a: 3, b: 4, c: 7 },
    ])
    await savepoint.rollbackToSavepoint('before').execute()
    expect(await rowsOf(savepoint, statement)).toEqual(before)
    await sql`alter table t add column d default 8`.execute(savepoint)
    expect(await rowsOf(savepoint, statement)).toEqual([
      { a: 1, b: 2, d: 8 },
      { a: 3, b: 4, d: 8 },
    ])
    await savepoint.rollbackToSavepoint('before').execute()
    await trx.commit().execute()
    expect(await rowsOf(pool.db, statement)).toEqual(before)
    await expectTruth(pool)
  })

  test('reads while a column is added and dropped see one schema or the other, never a mix', async () => {
    const { pool } = await open(mode)
    const narrow = JSON.stringify([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ])
    const wide = JSON.stringify([
      { a: 1, b: 2, c: 7 },
      { a: 3, b: 4, c: 7 },
    ])
    let isChanging = true
    const change = async () => {
      for (let round = 0; round < 80; round++) {
        await sql`alter table t add column c default 7`.execute(pool.db)
        await sql`alter table t drop column c`.execute(pool.db)
      }
      isChanging = false
    }
    const wrong: string[] = []
    let reads = 0
    const read = async (db: Kysely<Schema>) => {
      const text = JSON.stringify(await rowsOf(db, statement))
      reads++
      if (text !== narrow && text !== wide) wrong.push(text)
    }
    const readOnReaders = async () => {
      while (isChanging) await Promise.all(Array.from({ length: 4 }, () => read(pool.db)))
    }
    const readInSnapshots = async () => {
      const snapshot = pool.db.transaction().setAccessMode('read only')
      while (isChanging) {
        await snapshot.execute(async (trx) => {
          for (let round = 0; round < 5; round++) await read(trx)
        })
      }
    }
    await Promise.all([change(), readOnReaders(), readInSnapshots(), readInSnapshots()])
    expect(reads).toBeGreaterThan(0)
    expect(wrong).toEqual([])
    await expectTruth(pool)
  })

  test.each(changes)('%s has the right names on every connection', async (_, make) => {
    const { pool, other } = await open(mode)
    await expectTruth(pool)
    await make({ pool, other })
    await expectTruth(pool)
    await expectTruth(pool)
  })

  test('a temporary table that hides a table has its own column names until the connection is given back', async () => {
    const { pool } = await open(mode)
    await expectTruth(pool)
    await pool.db.connection().execute(async (one) => {
      await sql`create temporary table t (x)`.execute(one)
      await sql`insert into temp.t values (9)`.execute(one)
      expect(await rowsOf(one, statement)).toEqual([{ x: 9 }])
      await sql`alter table temp.t add column y default 8`.execute(one)
      expect(await rowsOf(one, statement)).toEqual([{ x: 9, y: 8 }])
    })
    await expectTruth(pool)
  })
})
