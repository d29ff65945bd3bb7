import knex, { type Knex } from 'knex'
import { expect, onTestFinished, test } from 'vitest'
import { betterSqlite3 } from '../../../src/main/runtime/better-sqlite3.ts'
import { knexClient } from '../../../src/main/sqlite/adapters/knex.ts'
import type { ConnectOptions } from '../../../src/main/sqlite/pool.ts'
import { Deferred } from '../../../src/shared/deferred.ts'
import { openNotes } from '../notes-pool.ts'
import { rejection, settled } from '../settled.ts'

const tables = [
  'create table author (id integer primary key, name text not null, boss integer)',
  'create table book (id integer primary key, name text not null, author integer references author on delete cascade)',
]

async function openLibrary(options: Partial<ConnectOptions> = {}) {
  const pool = await openNotes(options)
  await pool.exec(tables.join(';'))
  return { pool, db: knex({ client: knexClient(knex, pool) }) }
}

const names = (db: Knex) => db('author').orderBy('id').pluck('name')

test('queries return what they return with better-sqlite3', async () => {
  const { db } = await openLibrary()
  expect(await db('author').insert({ name: 'Ada' })).toEqual([1])
  expect(
    await db('author')
      .insert([{ name: 'Bob' }, { name: 'Cy', boss: 1 }])
      .returning(['id', 'boss']),
  ).toEqual([
    { id: 2, boss: null },
    { id: 3, boss: 1 },
  ])
  expect(await db('author').where({ id: 3 }).update({ boss: 2 })).toBe(1)
  expect(await db('author').where('id', '>', 2).del()).toBe(1)
  expect(await db('author').first('name').where({ id: 1 })).toEqual({ name: 'Ada' })
  expect(await db('author').first().where({ id: 7 })).toBeUndefined()
  expect(await db('author').count({ all: '*' })).toEqual([{ all: 2 }])
  expect(await db.raw('select ? as one, ? as two, ? as three', [true, new Date(7), Buffer.of(1)])).toEqual([
    { one: 1, two: 7, three: Buffer.of(1) },
  ])
  expect(await db.raw("insert into author (name) values ('Dee')")).toEqual({ changes: 1, lastInsertRowid: 3 })
})

test('a join returns aliased columns, and the last of equal names', async () => {
  const { db } = await openLibrary()
  await db('author').insert({ id: 1, name: 'Ada' })
  await db('book').insert({ id: 2, name: 'Notes', author: 1 })
  const join = db('book').join('author', 'book.author', 'author.id')
  expect(await join.clone().select('book.id', { writer: 'author.name' })).toEqual([{ id: 2, writer: 'Ada' }])
  expect(await join.clone().select('*')).toEqual([{ id: 1, name: 'Ada', author: 1, boss: null }])
})

test('an error is SQLite’s own, and names the statement', async () => {
  const { db } = await openLibrary()
  const error = await rejection(db('book').insert({ name: 'Notes', author: 7 }).then())
  expect(error).toBeInstanceOf(betterSqlite3().SqliteError)
  expect(error).toMatchObject({
    code: 'SQLITE_CONSTRAINT_FOREIGNKEY',
    message: expect.stringMatching(/^insert into .* - FOREIGN KEY constraint failed$/),
    sql: expect.stringMatching(/^insert into `book`/),
  })
})

test('of two transactions at the same time, one is rolled back, and a read outside sees neither before its end', async () => {
  const { db } = await openLibrary()
  const [inserted, mayEnd] = [new Deferred(), new Deferred()]
  const rolledBack = rejection(
    db.transaction(async (trx) => {
      await trx('author').insert({ name: 'rolled back' })
      expect(await names(trx)).toEqual(['rolled back'])
      inserted.resolve()
      await mayEnd.promise
      throw new Error('no')
    }),
  )
  await inserted.promise
  const committed = db.transaction(async (trx) => {
    await trx('author').insert({ name: 'committed' })
    return await names(trx)
  })
  const outside = db('author').insert({ name: 'outside' }).then()
  expect(await names(db)).toEqual([])
  mayEnd.resolve()
  expect(await rolledBack).toMatchObject({ message: 'no' })
  expect(await committed).toContain('committed')
  await outside
  expect((await names(db)).toSorted()).toEqual(['committed', 'outside'])
})

test('a nested transaction is a savepoint', async () => {
  const { db } = await openLibrary()
  await db.transaction(async (trx) => {
    await trx('author').insert({ name: 'outer' })
    await rejection(
      trx.transaction(async (inner) => {
        await inner('author').insert({ name: 'inner' })
        throw new Error('no')
      }),
    )
    await trx.transaction((inner) => inner('author').insert({ name: 'second' }))
  })
  expect(await names(db)).toEqual(['outer', 'second'])
})

test('a transaction without a callback ends with commit or rollback, and gives the writer back', async () => {
  const { db, pool } = await openLibrary()
  for (const end of ['commit', 'rollback'] as const) {
    const trx = await db.transaction()
    await trx('author').insert({ name: end })
    await trx[end]()
    await trx.executionPromise
    expect(trx.isCompleted()).toBe(true)
    expect(await rejection(trx('author').then())).toMatchObject({
      message: expect.stringMatching(/already complete/),
    })
    await settled(pool.exec('select 1'))
  }
  expect(await names(db)).toEqual(['commit'])
})

test('a callback that does not return a promise commits or rolls back by itself', async () => {
  const { db } = await openLibrary()
  await db.transaction((trx) => {
    trx('author')
      .insert({ name: 'a' })
      .then(() => trx.commit(), trx.rollback)
  })
  expect(await names(db)).toEqual(['a'])
  const failed = db.transaction(() => {
    throw new Error('no')
  })
  expect(await rejection(failed)).toMatchObject({ message: 'no' })
})

test('knex itself is refused inside a transaction', async () => {
  const { db } = await openLibrary()
  await db.transaction(async () => {
    const nested = { code: 'ERR_DATADIR_NESTED_QUERY' }
    expect(await rejection(db('author').insert({ name: 'slipped in' }).then())).toMatchObject(nested)
    expect(await rejection(db.transaction(async () => undefined))).toMatchObject(nested)
  })
  expect(await names(db)).toEqual([])
})

test('a statement on a connection that knex has released keeps no lease', async () => {
  const { db, pool } = await openLibrary()
  const connection: unknown = await db.client.acquireConnection()
  await db.client.releaseConnection(connection)
  await db.raw('pragma foreign_keys = on').connection(connection)
  await settled(pool.exec('select 1'))
})

test('a stream returns each row', async () => {
  const { db } = await openLibrary()
  await db('author').insert([{ name: 'a' }, { name: 'b' }])
  const rows: unknown[] = []
  for await (const row of db('author').select('name').stream()) rows.push(row)
  expect(rows).toEqual([{ name: 'a' }, { name: 'b' }])
})

const addBooks = async (db: Knex) => {
  await db('author').insert({ id: 1, name: 'Ada' })
  await db('book').insert({ name: 'Notes', author: 1 })
}

test.each(['number', 'bigint'] as const)(
  'a table that the schema builder makes again keeps the rows that refer to it, with integers: %s',
  async (integers) => {
    const { db, pool } = await openLibrary({ integers })
    await addBooks(db)
    await db.schema.alterTable('author', (table) => {
      table.string('name').nullable().alter()
      table.dropColumn('boss')
    })
    expect(await db.schema.hasTable('author')).toBe(true)
    expect(await db.schema.hasColumn('author', 'boss')).toBe(false)
    expect(
      (await pool.raw('select author.name, book.name from book join author on author.id = book.author')).rows,
    ).toEqual([['Ada', 'Notes']])
    expect(await pool.raw('pragma foreign_keys')).toMatchObject({ rows: [[integers === 'bigint' ? 1n : 1]] })
    await settled(pool.exec('delete from book'))
  },
)

test('foreign keys can be off in a transaction, and are on afterwards', async () => {
  const { pool } = await openLibrary()
  const warnings: unknown[] = []
  const db = knex({ client: knexClient(knex, pool), log: { warn: (message) => void warnings.push(message) } })
  const config = { enforceForeignCheck: false } as Knex.TransactionConfig
  await addBooks(db)
  const broken = db.transaction((trx) => trx('book').insert({ name: 'Loose', author: 7 }), config)
  expect(await rejection(broken)).toMatchObject({
    message: expect.stringMatching(/1 foreign key violations/),
  })
  await db.transaction((trx) => trx('book').insert({ name: 'Tied', author: 1 }), config)
  await settled(pool.exec('select 1'))
  expect((await pool.raw('pragma foreign_keys')).rows).toEqual([[1]])
  expect(await db('book').pluck('name')).toEqual(['Notes', 'Tied'])
  expect(warnings).toEqual([])
})

const migrationSource = (migrations: Record<string, Knex.Migration>): Knex.MigrationSource<string> => ({
  getMigrations: async () => Object.keys(migrations),
  getMigrationName: (name) => name,
  getMigration: async (name) => migrations[name] as Knex.Migration,
})

test('knex’s migrations run once, and one that fails changes nothing', async () => {
  const { db } = await openLibrary()
  const a: Knex.Migration = {
    up: (trx) => trx.schema.createTable('a', (table) => table.increments().primary()),
    down: (trx) => trx.schema.dropTable('a'),
  }
  const b: Knex.Migration = {
    up: async (trx) => {
      await trx('a').insert({ id: 7 })
      await trx('nothing').insert({ id: 7 })
    },
    down: async () => undefined,
  }
  const good = { migrationSource: migrationSource({ a }) }
  expect(await db.migrate.latest(good)).toEqual([1, ['a']])
  expect(await db.migrate.latest(good)).toEqual([1, []])
  const both = { migrationSource: migrationSource({ a, b }) }
  expect((await db.migrate.list(both))[1]).toEqual(['b'])
  const failure = await rejection(silent(db).migrate.latest(both))
  expect(failure).toMatchObject({ code: 'SQLITE_ERROR' })
  expect(await db('a').pluck('id')).toEqual([])
  expect(await db.migrate.rollback(good)).toEqual([1, ['a']])
  expect(await db.schema.hasTable('a')).toBe(false)
})

// Inside a transaction, neither knex nor anyone else can turn foreign keys off.
test.each([
  ['keeps the rows that refer to it without a transaction', false, 1],
  ['deletes them in a transaction, as with better-sqlite3', true, 0],
])('a migration that makes a table again %s', async (_what, transaction, count) => {
  const { db } = await openLibrary()
  await addBooks(db)
  const up = (trx: Knex) =>
    trx.schema.alterTable('author', (table) => {
      table.string('name').nullable().alter()
    })
  const migrations = { a: { up, down: async () => undefined, config: { transaction } } }
  for (const on of [db, plainLibrary()]) {
    if (on !== db) {
      for (const table of tables) await on.raw(table)
      await addBooks(on)
    }
    await on.migrate.latest({ migrationSource: migrationSource(migrations) })
    expect(await on('book').pluck('name')).toHaveLength(count)
  }
})

test('an existing database that has a record of the first migration gets only the later ones', async () => {
  const { db } = await openLibrary()
  const down = async () => undefined
  const migrations = {
    a: { up: (trx: Knex) => trx.schema.createTable('author', () => undefined), down },
    b: { up: (trx: Knex) => trx.schema.createTable('tag', (table) => table.increments()), down },
  }
  const config = { migrationSource: migrationSource(migrations) }
  await db.migrate.list(config)
  await db('knex_migrations').insert({ name: 'a', batch: 0 })
  expect(await db.migrate.latest(config)).toEqual([1, ['b']])
})

/** The same tables in knex's own dialect, in memory. */
function plainLibrary(): Knex {
  const db = knex({ client: 'better-sqlite3', connection: { filename: ':memory:' }, useNullAsDefault: true })
  onTestFinished(() => db.destroy())
  return db
}

/** knex prints a warning about a migration that fails. */
function silent(db: Knex): Knex {
  db.client.logger.warn = () => undefined
  return db
}

test('destroy leaves the pool open, and knex opens no database of its own', async () => {
  const { db, pool } = await openLibrary()
  const config = {
    client: knexClient(knex, pool),
    connection: { filename: '/nowhere/other.db' },
    pool: { max: 1 },
  }
  const other = knex(config)
  await other('author').insert({ name: 'Ada' })
  expect(other.client.pool).toBeUndefined()
  await other.destroy()
  expect(await names(db)).toEqual(['Ada'])
})
