import { join } from 'node:path'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { CamelCasePlugin, Kysely, type KyselyConfig, type LogEvent, SqliteDialect, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect, type Pool, release } from '../../../src/main/sqlite/pool.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { addNotes, type NotesSchema, openNotes, sharedNotes } from '../notes-pool.ts'
import { all, rejection } from '../settled.ts'

type Options = Partial<ConnectOptions>

async function openPool<Schema>(options: Options): Promise<Pool<Schema>> {
  const dir = temporaryDirectory()
  const pool = await connect<Schema>({ dir, ...options })
  onTestFinished(() => release(dir))
  return pool
}

/** What a Kysely app uses without the pool. */
function openSqliteDialect<Schema>(options: Omit<KyselyConfig, 'dialect'> = {}): {
  db: Kysely<Schema>
  connection: Database
} {
  const connection = new SqliteDatabase(join(temporaryDirectory(), 'plain.db'))
  connection.pragma('foreign_keys = on')
  onTestFinished(() => void connection.close())
  return {
    db: new Kysely<Schema>({ dialect: new SqliteDialect({ database: connection }), ...options }),
    connection,
  }
}

describe.each(['threads', 'inline'] as const)('%s', (mode) => {
  describe("Kysely's own Migrator", () => {
    const family: Migration = {
      async up(db: Kysely<unknown>) {
        await sql`create table parent (id integer primary key, name text)`.execute(db)
        await sql`create table child (
          id integer primary key, parent integer not null references parent (id) on delete cascade)`.execute(
          db,
        )
        await sql`insert into parent values (1, 'Ada'), (2, 'Grace')`.execute(db)
        await sql`insert into child values (1, 1), (2, 1), (3, 2)`.execute(db)
      },
    }

    /** sqlite.org/lang_altertable.html#otheralter. */
    async function rebuild(db: Kysely<unknown>): Promise<void> {
      await sql`pragma foreign_keys = off`.execute(db)
      await sql`create table new_parent (id integer primary key, name text not null, born integer)`.execute(
        db,
      )
      await sql`insert into new_parent select id, name, null from parent`.execute(db)
      await sql`drop table parent`.execute(db)
      await sql`alter table new_parent rename to parent`.execute(db)
    }
    const whole: Migration = {
      async up(db: Kysely<unknown>) {
        await rebuild(db)
        await sql`pragma foreign_keys = on`.execute(db)
      },
    }
    const neverOn: Migration = { up: rebuild }
    const halfWay: Migration = {
      async up(db: Kysely<unknown>) {
        await rebuild(db)
        throw new Error('half-way')
      },
    }

    async function migrateWith(db: Kysely<unknown>, second: Migration) {
      const migrator = (migrations: Record<string, Migration>) =>
        new Migrator({ db, provider: { getMigrations: async () => migrations } })
      await migrator({ '001': family }).migrateToLatest()
      const { error, results } = await migrator({ '001': family, '002': second }).migrateToLatest()
      const statuses = results?.map(({ migrationName, status }) => `${migrationName}: ${status}`)
      return { message: error instanceof Error ? error.message : error, statuses }
    }

    async function contentOf(db: Kysely<unknown>) {
      const tables = ['parent', 'child']
      const rows = []
      for (const table of tables)
        rows.push((await sql`select * from ${sql.table(table)} order by id`.execute(db)).rows)
      const schema = await sql`select name, sql from sqlite_schema where name in ('parent', 'child')`.execute(
        db,
      )
      return { rows, schema: schema.rows }
    }

    test.each([
      ['that switches foreign keys on again', whole],
      ['that leaves foreign keys off', neverOn],
      ['that throws half-way', halfWay],
    ])('keeps the children in a table rebuild %s, as on SqliteDialect', async (_, second) => {
      const plain = openSqliteDialect<unknown>()
      const { db } = await openPool<unknown>({ mode })
      expect(await migrateWith(db, second)).toEqual(await migrateWith(plain.db, second))
      const content = await contentOf(db)
      expect(content).toEqual(await contentOf(plain.db))
      expect(content.rows[1]).toHaveLength(3)
    })

    test.each([
      ['has switched them off', neverOn],
      ['has thrown half-way', halfWay],
    ])('leaves foreign keys on after a migration %s', async (_, second) => {
      const { db } = await openPool<unknown>({ mode })
      await migrateWith(db, second)
      const orphan = { code: 'SQLITE_CONSTRAINT_FOREIGNKEY' }
      const insert = (on: Kysely<unknown>) => sql`insert into child values (9, 99)`.execute(on)
      expect(await rejection(insert(db))).toMatchObject(orphan)
      expect(await rejection(db.connection().execute(insert))).toMatchObject(orphan)
      expect(await rejection(db.transaction().execute(insert))).toMatchObject(orphan)
    })
  })

  describe("SQLite's error", () => {
    const shared = sharedNotes({ mode })
    beforeAll(() => addNotes(shared(), 1))
    type Db = Kysely<NotesSchema>
    const insert = (db: Db) => db.insertInto('note').values({ id: 1 })
    const broken = (db: Db) => sql<{ id: number }>`select abs(-9223372036854775807 - 1) as id`.compile(db)
    const brokenStream = (db: Db) =>
      db.selectFrom('note').select(sql<number>`abs(-9223372036854775807 - 1)`.as('id')).stream()

    const calls: [what: string, call: (pool: Pool<NotesSchema>) => Promise<unknown>][] = [
      ['a write', ({ db }) => insert(db).execute()],
      ['a read', ({ db }) => db.executeQuery(broken(db))],
      ['a raw statement', ({ db }) => sql`insert into nowhere values (1)`.execute(db)],
      ['executeTakeFirstOrThrow', ({ db }) => insert(db).returningAll().executeTakeFirstOrThrow()],
      ['query', ({ db, query }) => query(insert(db))],
      ['query with limits', ({ db, query }) => query(insert(db), { timeout: 5_000 })],
      ['within', ({ within }) => insert(within({ timeout: 5_000 })).execute()],
      ['batch', ({ db, batch }) => batch([insert(db)])],
      ['a transaction', ({ db }) => db.transaction().execute((trx) => insert(trx).execute())],
      [
        'a commit',
        ({ db }) =>
          db.transaction().execute(async (trx) => {
            await sql`pragma defer_foreign_keys = on`.execute(trx)
            await sql`create table child (note integer references note (id))`.execute(trx)
            await sql`insert into child values (99)`.execute(trx)
          }),
      ],
      ['connection()', ({ db }) => db.connection().execute((one) => insert(one).execute())],
      ['a stream', ({ db }) => all(brokenStream(db))],
      ['a stream in a transaction', ({ db }) => db.transaction().execute((trx) => all(brokenStream(trx)))],
    ]

    test.each(calls)("of %s has the app's function in its stack", async (_, call) => {
      const pool = shared()
      async function functionOfTheApp(): Promise<void> {
        await call(pool)
      }
      const error = await rejection(functionOfTheApp())
      expect(error).toBeInstanceOf(SqliteDatabase.SqliteError)
      expect(error.stack).toContain('functionOfTheApp')
    })

    test('in a transaction has the function that ran the statement in its stack, as in SqliteDialect', async () => {
      const pool = await openNotes({ mode })
      await addNotes(pool, 1)
      const plain = openSqliteDialect<NotesSchema>()
      plain.connection.exec(
        'create table note (id integer primary key, text); insert into note values (1, null)',
      )
      // Kysely has more than ten frames of its own there.
      const { stackTraceLimit } = Error
      Error.stackTraceLimit = 50
      onTestFinished(() => {
        Error.stackTraceLimit = stackTraceLimit
      })
      async function stepOfTheApp(trx: Db): Promise<void> {
        await insert(trx).execute()
      }
      for (const db of [plain.db, pool.db]) {
        const error = await rejection(db.transaction().execute((trx) => stepOfTheApp(trx)))
        expect(error).toBeInstanceOf(SqliteDatabase.SqliteError)
        expect(error.stack).toContain('stepOfTheApp')
      }
    })
  })

  describe('a parameter', () => {
    const shared = sharedNotes({ mode })
    const memory = new Uint8Array([9, 1, 2, 3, 4, 5, 6, 7, 8, 9]).buffer
    const values: [kind: string, value: unknown][] = [
      ['undefined', undefined],
      ['null', null],
      ['Buffer', Buffer.from('a part of a pool of memory')],
      ['Uint8Array', new Uint8Array(memory, 1, 3)],
      ['Uint8ClampedArray', new Uint8ClampedArray(memory, 1, 3)],
      ['Int8Array', new Int8Array([-1, 2])],
      ['Uint16Array', new Uint16Array(memory, 2, 2)],
      ['Int16Array', new Int16Array([-1, 2])],
      ['Uint32Array', new Uint32Array(memory, 4, 1)],
      ['Int32Array', new Int32Array([-1])],
      ['Float32Array', new Float32Array([1.5])],
      ['Float64Array', new Float64Array([1.5, -0])],
      ['BigInt64Array', new BigInt64Array([-1n])],
      ['BigUint64Array', new BigUint64Array([1n])],
      ['view on shared memory', new Uint8Array(new SharedArrayBuffer(3))],
      ['empty Uint8Array', new Uint8Array()],
    ]
    const seen = (value: unknown) =>
      sql<{
        type: string
        text: string
      }>`select typeof(x) as type, quote(x) as text from (select ${value} as x)`
    const stored = sql<{ type: string; text: string }>`
      select typeof(text) as type, quote(text) as text from note order by id`

    test.each(values)('of type %s is stored as in SqliteDialect', async (_, value) => {
      const plain = openSqliteDialect<NotesSchema>()
      const expected = (await seen(value).execute(plain.db)).rows
      const { db, query, batch } = shared()
      await db.deleteFrom('note').execute()
      expect((await seen(value).execute(db)).rows).toEqual(expected)
      expect(await query(seen(value).compile(db))).toEqual(expected)
      expect(await batch([seen(value).compile(db)])).toEqual([expected])
      // Kysely omits a column whose value is undefined, so this test passes the value through `sql`.
      const insert = (on: Kysely<NotesSchema>) =>
        on.insertInto('note').values({ text: sql<string>`${value}` })
      await insert(db).execute()
      await db.transaction().execute((trx) => insert(trx).execute())
      await db.connection().execute((one) => insert(one).execute())
      await batch([insert(db)])
      await sql`insert into note (text) values (${value})`.execute(db)
      expect((await stored.execute(db)).rows).toEqual(Array.from({ length: 5 }, () => expected[0]))
    })

    test('of type DataView is stored as its bytes', async () => {
      const { db } = await openNotes({ mode })
      const view = new DataView(memory, 1, 3)
      expect((await seen(view).execute(db)).rows).toEqual([{ type: 'blob', text: "X'010203'" }])
    })

    test('undefined in a where clause finds nothing, as in SqliteDialect', async () => {
      const pool = await openNotes({ mode })
      await addNotes(pool, 1)
      const id = undefined as unknown as number
      expect(await pool.db.selectFrom('note').selectAll().where('id', '=', id).execute()).toEqual([])
      expect(await all(pool.db.selectFrom('note').selectAll().where('id', '=', id).stream())).toEqual([])
    })
  })

  describe('the plugins option', () => {
    interface Schema {
      userNote: { noteId: number; noteText: string }
    }
    const migrations: Migrations = {
      '001-user-note': {
        async up(db: Kysely<unknown>) {
          await db.schema
            .createTable('userNote')
            .addColumn('noteId', 'integer', (column) => column.primaryKey())
            .addColumn('noteText', 'text')
            .execute()
          await (db as Kysely<Schema>).insertInto('userNote').values({ noteId: 1, noteText: 'one' }).execute()
        },
      },
    }
    const open = () => openPool<Schema>({ mode, migrations, plugins: [new CamelCasePlugin()] })
    const one = { noteId: 1, noteText: 'one' }
    const two = { noteId: 2, noteText: 'two' }
    const select = (db: Kysely<Schema>) => db.selectFrom('userNote').selectAll().orderBy('noteId')
    const insert = (db: Kysely<Schema>) => db.insertInto('userNote').values(two).returningAll()

    test('creates the same schema as Kysely with those plugins', async () => {
      const plain = openSqliteDialect<Schema>({ plugins: [new CamelCasePlugin()] })
      await migrations['001-user-note']?.up(plain.db)
      const { databasePath } = await open()
      const file = new SqliteDatabase(databasePath, { readonly: true })
      onTestFinished(() => void file.close())
      const schemaOf = (connection: Database) =>
        connection.prepare("select name, sql from sqlite_schema where name like '%note%'").all()
      expect(schemaOf(file)).toEqual(schemaOf(plain.connection))
      expect(file.prepare('select * from user_note').all()).toEqual([{ note_id: 1, note_text: 'one' }])
    })

    const ways: [what: string, run: (pool: Pool<Schema>) => Promise<unknown>][] = [
      ['db', async ({ db }) => [await select(db).execute(), await insert(db).execute()]],
      ['query', async ({ db, query }) => [await query(select(db)), await query(insert(db))]],
      [
        'query of what was compiled',
        async ({ db, query }) => [await query(select(db).compile()), await query(insert(db).compile())],
      ],
      ['batch', ({ db, batch }) => batch([select(db), insert(db)])],
      ['batch of what was compiled', ({ db, batch }) => batch([select(db).compile(), insert(db).compile()])],
      [
        'within',
        async ({ within }) => {
          const db = within({ timeout: 5_000 })
          return [await select(db).execute(), await insert(db).execute()]
        },
      ],
      ['streams', async ({ db }) => [await all(select(db).stream(1)), await all(insert(db).stream(1))]],
      [
        'streams in limits',
        async ({ within }) => {
          const db = within({ timeout: 5_000 })
          return [await all(select(db).stream(1)), await all(insert(db).stream(1))]
        },
      ],
      [
        'transactions',
        ({ db }) =>
          db.transaction().execute(async (trx) => [await select(trx).execute(), await insert(trx).execute()]),
      ],
      [
        'controlled transactions',
        async ({ db }) => {
          const trx = await db.startTransaction().execute()
          const rows = [await select(trx).execute(), await all(insert(trx).stream())]
          await trx.commit().execute()
          return rows
        },
      ],
      [
        'connection()',
        ({ db }) =>
          db.connection().execute(async (on) => [await select(on).execute(), await insert(on).execute()]),
      ],
    ]
    test.each(ways)('applies to %s', async (_, run) => {
      expect(await run(await open())).toEqual([[one], [two]])
    })
  })

  describe('the log option', () => {
    type Entry = { level: string; sql: string; isStream: boolean; code: unknown }

    function recorder() {
      const entries: Entry[] = []
      const log = (event: LogEvent) => {
        expect(event.queryDurationMillis).toBeGreaterThanOrEqual(0)
        const error = event.level === 'error' ? (event.error as { code?: unknown }) : undefined
        const isStream = event.level === 'query' && event.isStream === true
        entries.push({ level: event.level, sql: event.query.sql, isStream, code: error?.code })
      }
      /** The entries since the last call, without each driver's own transaction statements. */
      const take = () => entries.splice(0).filter(({ sql: text }) => !/^(begin|commit|rollback)/.test(text))
      return { log, take }
    }

    const uses: [what: string, use: (db: Kysely<NotesSchema>) => Promise<unknown>][] = [
      ['a read', (db) => db.selectFrom('note').selectAll().execute()],
      ['a write', (db) => db.insertInto('note').values({ text: 'a' }).execute()],
      ['a write that fails', (db) => rejection(db.insertInto('note').values({ id: 1 }).execute())],
      ['a read that fails', (db) => rejection(sql`select * from nowhere`.execute(db))],
      ['a stream', (db) => all(db.selectFrom('note').selectAll().stream())],
      [
        'a stream that fails',
        (db) =>
          rejection(all(db.selectFrom('note').select(sql`abs(-9223372036854775807 - 1)`.as('x')).stream())),
      ],
      [
        'a transaction',
        (db) =>
          db.transaction().execute(async (trx) => {
            await trx.insertInto('note').values({ text: 'b' }).execute()
            await all(trx.selectFrom('note').selectAll().stream())
          }),
      ],
      [
        'a transaction that fails',
        (db) =>
          rejection(
            db.transaction().execute(async (trx) => {
              await trx.insertInto('note').values({ text: 'c' }).execute()
              await trx.insertInto('note').values({ id: 1 }).execute()
            }),
          ),
      ],
      [
        'connection()',
        (db) => db.connection().execute((one) => one.selectFrom('note').selectAll().execute()),
      ],
    ]

    test.each(uses)('logs %s in the same way as SqliteDialect', async (_, use) => {
      const plainLog = recorder()
      const plain = openSqliteDialect<NotesSchema>({ log: plainLog.log })
      plain.connection.exec(
        "create table note (id integer primary key, text); insert into note values (1, 'first')",
      )
      await use(plain.db)
      const { log, take } = recorder()
      const pool = await openNotes({ mode, log })
      await addNotes(pool, 1)
      take()
      await use(pool.db)
      const entries = take()
      expect(entries).toEqual(plainLog.take())
      expect(entries.length).toBeGreaterThan(0)
    })

    test('logs queries with limits', async () => {
      const { log, take } = recorder()
      const { db, within, query } = await openNotes({ mode, log })
      take()
      await within({ timeout: 5_000 }).selectFrom('note').selectAll().execute()
      await query(db.selectFrom('note').select('id'))
      expect(take().map(({ level, sql: text }) => `${level} ${text}`)).toEqual([
        'query select * from "note"',
        'query select "id" from "note"',
      ])
    })

    test('writes the given levels to the console', async () => {
      const error = vi.spyOn(console, 'error').mockImplementation(() => undefined)
      const info = vi.spyOn(console, 'log').mockImplementation(() => undefined)
      onTestFinished(() => {
        error.mockRestore()
        info.mockRestore()
      })
      const { db } = await openNotes({ mode, log: ['error'] })
      await db.selectFrom('note').selectAll().execute()
      await rejection(sql`select * from nowhere`.execute(db))
      expect(error).toHaveBeenCalledOnce()
      expect(error.mock.calls[0]?.[0]).toContain('kysely:error')
      expect(info).not.toHaveBeenCalled()
    })
  })
})
