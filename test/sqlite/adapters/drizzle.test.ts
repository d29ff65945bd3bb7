import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asc, eq, getTableColumns, relations, sql } from 'drizzle-orm'
import { blob, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { drizzle } from 'drizzle-orm/sqlite-proxy'
import { migrate } from 'drizzle-orm/sqlite-proxy/migrator'
import { type Kysely, sql as sqlOf } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { betterSqlite3 } from '../../../src/main/runtime/better-sqlite3.ts'
import { drizzleMigrator, drizzleOn } from '../../../src/main/sqlite/adapters/drizzle.ts'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect } from '../../../src/main/sqlite/pool.ts'
import { Deferred } from '../../../src/shared/deferred.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { openNotes } from '../notes-pool.ts'
import { rejection } from '../settled.ts'

const author = sqliteTable('author', {
  id: integer().primaryKey(),
  name: text().notNull(),
  boss: integer(),
})
const book = sqliteTable('book', {
  id: integer().primaryKey(),
  name: text().notNull(),
  author: integer().references(() => author.id),
})
const kinds = sqliteTable('kinds', {
  id: integer().primaryKey(),
  bytes: blob({ mode: 'buffer' }),
  big: blob({ mode: 'bigint' }),
  json: text({ mode: 'json' }).$type<{ readonly a: readonly number[] }>(),
  blobJson: blob('blob_json', { mode: 'json' }).$type<{ readonly b: boolean }>(),
  flag: integer({ mode: 'boolean' }),
  seconds: integer({ mode: 'timestamp' }),
  milliseconds: integer({ mode: 'timestamp_ms' }),
})
const authorRelations = relations(author, ({ many }) => ({ books: many(book) }))
const bookRelations = relations(book, ({ one }) => ({
  writer: one(author, { fields: [book.author], references: [author.id] }),
}))
const schema = { author, book, kinds, authorRelations, bookRelations }

async function openLibrary(options: Partial<ConnectOptions> = {}) {
  const pool = await openNotes(options)
  await pool.exec(`
    create table author (id integer primary key, name text not null, boss integer);
    create table book (id integer primary key, name text not null, author integer references author);
    create table kinds (
      id integer primary key, bytes blob, big blob, json text, blob_json blob,
      flag integer, seconds integer, milliseconds integer
    );
  `)
  return { pool, db: drizzleOn(pool, (callback, batch) => drizzle(callback, batch, { schema })) }
}

type Library = Awaited<ReturnType<typeof openLibrary>>['db']

const names = async (db: Pick<Library, 'select'>) =>
  (await db.select().from(author).orderBy(asc(author.id))).map(({ name }) => name)

test('a join of tables with equal column names keeps both', async () => {
  const { db } = await openLibrary()
  await db.insert(author).values({ id: 1, name: 'Ada' })
  await db.insert(book).values({ id: 2, name: 'Notes', author: 1 })
  expect(await db.select().from(book).innerJoin(author, eq(book.author, author.id))).toEqual([
    { book: { id: 2, name: 'Notes', author: 1 }, author: { id: 1, name: 'Ada', boss: null } },
  ])
})

test('relational queries return nested rows, and undefined for no row', async () => {
  const { db } = await openLibrary()
  await db.insert(author).values([
    { id: 1, name: 'Ada' },
    { id: 2, name: 'Bob' },
  ])
  await db.insert(book).values({ id: 3, name: 'Notes', author: 1 })
  expect(await db.query.author.findMany({ with: { books: true }, columns: { name: true } })).toEqual([
    { name: 'Ada', books: [{ id: 3, name: 'Notes', author: 1 }] },
    { name: 'Bob', books: [] },
  ])
  expect(await db.query.book.findFirst({ with: { writer: true } })).toMatchObject({ writer: { name: 'Ada' } })
  expect(await db.query.author.findFirst({ where: eq(author.id, 7) })).toBeUndefined()
})

test('get returns the row, or undefined', async () => {
  const { db } = await openLibrary()
  const one = db
    .select()
    .from(author)
    .where(eq(author.id, sql.placeholder('id')))
    .prepare()
  expect(await one.get({ id: 1 })).toBeUndefined()
  expect(await db.get(sql`select 1 where 0`)).toBeUndefined()
  await db.insert(author).values({ id: 1, name: 'Ada' })
  expect(await one.get({ id: 1 })).toEqual({ id: 1, name: 'Ada', boss: null })
  expect(await db.get(sql`select 1, 2`)).toEqual([1, 2])
  expect(await db.values(sql`select 1, 2 union all select 3, 4`)).toEqual([
    [1, 2],
    [3, 4],
  ])
})

test('a write returns its rows, or its changes', async () => {
  const { db } = await openLibrary()
  const returning = await db.insert(author).values({ name: 'Ada' }).returning()
  expect(returning).toEqual([{ id: 1, name: 'Ada', boss: null }])
  expect(await db.update(author).set({ boss: 1 })).toEqual({ rows: [], changes: 1, lastInsertRowid: 1 })
  expect(await db.$count(author)).toBe(1)
})

test('every kind of column keeps its value', async () => {
  const { db } = await openLibrary()
  const row = {
    id: 1,
    bytes: Buffer.from([0, 255]),
    big: 2n ** 70n,
    json: { a: [1, 2] },
    blobJson: { b: true },
    flag: true,
    seconds: new Date('2026-01-02T03:04:05Z'),
    milliseconds: new Date('2026-01-02T03:04:05.678Z'),
  }
  const empty = Object.fromEntries(Object.keys(getTableColumns(kinds)).map((name) => [name, null]))
  await db.insert(kinds).values(row)
  await db.insert(kinds).values({ id: 2 })
  expect(await db.select().from(kinds).orderBy(kinds.id)).toEqual([row, { ...empty, id: 2 }])
})

test('with bigints, an integer is a bigint', async () => {
  const { db } = await openLibrary({ integers: 'bigint' })
  const id = 9_007_199_254_740_993n
  await db.run(sql`insert into author (id, name) values (${id}, 'Ada')`)
  expect(await db.select({ id: author.id }).from(author)).toEqual([{ id }])
})

test('an error has SQLite’s own as its cause', async () => {
  const { db } = await openLibrary()
  const { cause } = await rejection(db.insert(book).values({ name: 'Notes', author: 7 }))
  expect(cause).toBeInstanceOf(betterSqlite3().SqliteError)
  expect(cause).toMatchObject({
    code: 'SQLITE_CONSTRAINT_FOREIGNKEY',
    sql: expect.stringMatching(/^insert into "book"/),
  })
})

test('of two transactions at the same time, one is rolled back, and a read outside sees neither before its end', async () => {
  const { db } = await openLibrary()
  const [inserted, mayEnd] = [new Deferred(), new Deferred()]
  const rolledBack = rejection(
    db.transaction(async (tx) => {
      await tx.insert(author).values({ name: 'rolled back' })
      expect(await names(tx)).toEqual(['rolled back'])
      inserted.resolve()
      await mayEnd.promise
      tx.rollback()
    }),
  )
  await inserted.promise
  const committed = db.transaction(async (tx) => {
    await tx.insert(author).values({ name: 'committed' })
    return await names(tx)
  })
  const outside = db.insert(author).values({ name: 'outside' }).execute()
  expect(await names(db)).toEqual([])
  mayEnd.resolve()
  expect(await rolledBack).toMatchObject({ message: 'Rollback' })
  expect(await committed).toContain('committed')
  await outside
  expect((await names(db)).toSorted()).toEqual(['committed', 'outside'])
})

test('a nested transaction is a savepoint', async () => {
  const { db } = await openLibrary()
  const result = await db.transaction(
    async (tx) => {
      await tx.insert(author).values({ name: 'outer' })
      await rejection(
        tx.transaction(async (inner) => {
          await inner.insert(author).values({ name: 'inner' })
          inner.rollback()
        }),
      )
      await tx.transaction(async (inner) => {
        await inner.insert(author).values({ name: 'second' })
      })
      return 'result'
    },
    { behavior: 'immediate' },
  )
  expect(result).toBe('result')
  expect(await names(db)).toEqual(['outer', 'second'])
})

test('the database itself is refused inside a transaction', async () => {
  const { db } = await openLibrary()
  await db.transaction(async () => {
    const error = await rejection(db.insert(author).values({ name: 'slipped in' }))
    expect(error.cause).toMatchObject({ code: 'ERR_DATADIR_NESTED_QUERY' })
    expect(await rejection(db.transaction(async () => undefined))).toMatchObject({
      code: 'ERR_DATADIR_NESTED_QUERY',
    })
  })
  expect(await names(db)).toEqual([])
})

test('a batch takes effect as a whole or not at all', async () => {
  const { db } = await openLibrary()
  const insert = (name: string, id?: number) => db.insert(author).values({ id, name })
  const [inserted, all, first, none] = await db.batch([
    insert('a').returning({ id: author.id }),
    db.select().from(author),
    db.query.author.findFirst({ columns: { name: true } }),
    db.query.book.findFirst(),
  ])
  expect({ inserted, all, first, none }).toEqual({
    inserted: [{ id: 1 }],
    all: [{ id: 1, name: 'a', boss: null }],
    first: { name: 'a' },
    none: undefined,
  })
  expect(await rejection(db.batch([insert('b'), insert('c', 1)]))).toMatchObject({
    code: 'SQLITE_CONSTRAINT_PRIMARYKEY',
  })
  expect(await names(db)).toEqual(['a'])
})

/** A folder as drizzle-kit writes it. */
function migrationsFolder(files: readonly string[]): string {
  const folder = temporaryDirectory()
  mkdirSync(join(folder, 'meta'))
  const entries = files.map((_, idx) => ({ idx, when: 1000 + idx, tag: `000${idx}`, breakpoints: true }))
  writeFileSync(join(folder, 'meta/_journal.json'), JSON.stringify({ entries }))
  for (const [index, text] of files.entries()) writeFileSync(join(folder, `000${index}.sql`), text)
  return folder
}

const first =
  'create table a (id integer primary key);--> statement-breakpoint\ncreate table b (a integer references a on delete cascade);'
const second = `PRAGMA foreign_keys=OFF;--> statement-breakpoint
create table new_a (id integer primary key, x);--> statement-breakpoint
insert into new_a (id) select id from a;--> statement-breakpoint
drop table a;--> statement-breakpoint
alter table new_a rename to a;--> statement-breakpoint
PRAGMA foreign_keys=ON;`

test('drizzle’s migrator runs each migration once, and the rows that refer to a rebuilt table stay', async () => {
  const { pool, db } = await openLibrary()
  await migrate(db, drizzleMigrator(pool), { migrationsFolder: migrationsFolder([first]) })
  await pool.exec('insert into a values (1); insert into b values (1)')
  const both = { migrationsFolder: migrationsFolder([first, second]) }
  await migrate(db, drizzleMigrator(pool), both)
  await migrate(db, drizzleMigrator(pool), both)
  expect((await pool.raw('select id, x, b.a from a join b on b.a = a.id')).rows).toEqual([[1, null, 1]])
  expect((await pool.raw('select count(*) from __drizzle_migrations')).rows).toEqual([[2]])
  expect((await pool.raw('pragma foreign_keys')).rows).toEqual([[1]])
})

test('an existing database that has a record of the first migration gets only the later ones', async () => {
  const { pool, db } = await openLibrary()
  await pool.exec(`
    create table a (id integer primary key);
    create table if not exists __drizzle_migrations (id serial primary key, hash text not null, created_at numeric);
    insert into __drizzle_migrations (hash, created_at)
      select 'baseline', 1000 where not exists (select 1 from __drizzle_migrations)`)
  await migrate(db, drizzleMigrator(pool), { migrationsFolder: migrationsFolder([first, second]) })
  expect((await pool.raw('select count(x) from a')).rows).toEqual([[0]])
})

test('migrations that fail change nothing', async () => {
  const { pool, db } = await openLibrary()
  const run = (...files: string[]) =>
    rejection(migrate(db, drizzleMigrator(pool), { migrationsFolder: migrationsFolder(files) }))
  expect(await run(first, 'insert into nothing values (1);')).toMatchObject({
    code: 'SQLITE_ERROR',
    sql: 'insert into nothing values (1)',
  })
  const loose = 'PRAGMA foreign_keys=OFF;--> statement-breakpoint\ninsert into b values (7);'
  expect((await run(first, loose)).message).toMatch(/rows/)
  expect((await pool.raw("select name from sqlite_schema where name in ('a', 'b')")).rows).toEqual([])
})

test('files of drizzle-kit can be the pool’s own migrations', async () => {
  const dir = temporaryDirectory()
  const open = async (...files: string[]) => {
    const pool = await connect({ dir, migrations: migrationsIn(migrationsFolder(files)) })
    onTestFinished(() => pool.close())
    return pool
  }
  const before = await open(first)
  await before.exec('insert into a values (1); insert into b values (1)')
  await before.close()
  const pool = await open(first, second)
  expect((await pool.raw('select id, x, b.a from a join b on b.a = a.id')).rows).toEqual([[1, null, 1]])
  expect(readdirSync(join(dir, 'app.backups'))).toEqual([expect.stringMatching(/before-0001\.sql\.db$/)])
})

/** As in docs/query-builders.md. */
function migrationsIn(folder: string): Migrations {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  return Object.fromEntries(files.map((file) => [file, { up: (db) => runFile(db, join(folder, file)) }]))
}

async function runFile(db: Kysely<unknown>, path: string): Promise<void> {
  for (const statement of readFileSync(path, 'utf8').split('--> statement-breakpoint'))
    await sqlOf.raw(statement).execute(db)
}
