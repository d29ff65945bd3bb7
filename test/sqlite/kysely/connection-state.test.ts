import SqliteDatabase from 'better-sqlite3'
import { type Kysely, sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect, type Pool, release } from '../../../src/main/sqlite/pool.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { type NotesSchema, readersUp } from '../notes-pool.ts'
import { all, rejection } from '../settled.ts'

type Db = Kysely<NotesSchema>

const migrations: Migrations = {
  '001-note': {
    async up(db: Kysely<unknown>) {
      await sql`create table note (id integer primary key, text text)`.execute(db)
      await sql`create table child (note integer references note (id))`.execute(db)
    },
  },
}

/** `connect()` has just resolved: the readers may not have started yet. */
async function open(options: Partial<ConnectOptions>): Promise<Pool<NotesSchema>> {
  const dir = temporaryDirectory()
  const pool = await connect<NotesSchema>({ dir, migrations, ...options })
  onTestFinished(() => release(dir))
  return pool
}

async function answerOf(db: Db, text: string): Promise<unknown> {
  const { rows } = await sql.raw<Record<string, unknown>>(text).execute(db)
  return Object.values(rows[0] ?? {})[0]
}

/** Queries for the state of a connection, and the results after opening. */
const questions: Record<string, string> = {
  'foreign keys': 'pragma foreign_keys',
  'recursive triggers': 'pragma recursive_triggers',
  'case of like': "select 'A' like 'a'",
  'busy timeout': 'pragma busy_timeout',
  'query only': 'pragma query_only',
  'check constraints': 'pragma ignore_check_constraints',
  'cache size': 'pragma cache_size',
  synchronous: 'pragma synchronous',
  'unordered selects': 'pragma reverse_unordered_selects',
  'deferred foreign keys': 'pragma defer_foreign_keys',
  'trusted schema': 'pragma trusted_schema',
  'cell size check': 'pragma cell_size_check',
  'automatic indexes': 'pragma automatic_index',
  'temporary objects': 'select count(*) from sqlite_temp_schema',
}

async function stateOf(db: Db): Promise<Record<string, unknown>> {
  const state: Record<string, unknown> = {}
  for (const [what, text] of Object.entries(questions)) state[what] = await answerOf(db, text)
  return state
}

/** Statements that change a connection, and what a query of the table above returns afterwards. */
const changes: [text: string, question: string, answer: unknown][] = [
  ['pragma foreign_keys = off', 'foreign keys', 0],
  ['pragma foreign_keys(0)', 'foreign keys', 0],
  ['/* off */ PRAGMA main.foreign_keys=OFF', 'foreign keys', 0],
  ['pragma recursive_triggers = on', 'recursive triggers', 1],
  ['pragma case_sensitive_like = on', 'case of like', 0],
  ['pragma busy_timeout = 1', 'busy timeout', 1],
  ['pragma ignore_check_constraints = on', 'check constraints', 1],
  ['pragma cache_size = -500', 'cache size', -500],
  ['pragma synchronous = off', 'synchronous', 0],
  ['pragma reverse_unordered_selects = on', 'unordered selects', 1],
  ['pragma trusted_schema = on', 'trusted schema', 1],
  ['pragma cell_size_check = off', 'cell size check', 0],
  ['pragma automatic_index = off', 'automatic indexes', 0],
  ['pragma query_only = on', 'query only', 1],
  ['create temporary table scratch (x)', 'temporary objects', 1],
  ['create table temp.scratch (x)', 'temporary objects', 1],
  ['create temp view scratch as select 1', 'temporary objects', 1],
  [
    "create temp trigger scratch after insert on note begin select raise(abort, 'no'); end",
    'temporary objects',
    1,
  ],
]

/** Queries that depend on what their own connection wrote last. */
const connectionReads = [
  'select last_insert_rowid() as value',
  'select LAST_INSERT_ROWID ( ) as value',
  'select "last_insert_rowid"() as value',
  'with one (x) as (select last_insert_rowid()) select x as value from one',
  'select id from note where id = last_insert_rowid()',
  'select changes() as value',
  'select total_changes() as value',
]

const refused = { code: 'ERR_DATADIR_STATEMENT_REFUSED' }

async function inTransactions(pool: Pool<NotesSchema>) {
  return pool.db.transaction().execute((trx) => stateOf(trx))
}

describe.each(['threads', 'inline'] as const)('%s', (mode) => {
  describe.each([
    ['right after connect()', async () => undefined],
    ['once the readers are up', readersUp],
  ])('outside of connection(), %s', (_, wait) => {
    async function opened(): Promise<Pool<NotesSchema>> {
      const pool = await open({ mode })
      await wait(pool)
      return pool
    }

    test('a read that depends on the connection that wrote is refused, before and after a write', async () => {
      const { db, query, within } = await opened()
      const ways: ((text: string) => Promise<unknown>)[] = [
        (text) => sql.raw(text).execute(db),
        (text) => query(sql.raw(text).compile(db)),
        (text) => sql.raw(text).execute(within({ timeout: 5_000 })),
      ]
      for (const write of [
        async () => undefined,
        () => db.insertInto('note').values({ text: 'a' }).execute(),
      ]) {
        await write()
        for (const text of connectionReads) {
          for (const run of ways)
            expect({ text, error: await rejection(run(text)) }).toMatchObject({ text, error: refused })
        }
      }
      expect(await db.selectFrom('note').select('text').execute()).toEqual([{ text: 'a' }])
    })

    test('a built select or a stream of last_insert_rowid() is refused', async () => {
      const { db } = await opened()
      const select = db.selectFrom('note').select(sql<number>`last_insert_rowid()`.as('value'))
      await db.insertInto('note').values({ text: 'a' }).execute()
      expect(await rejection(select.execute())).toMatchObject(refused)
      expect(await rejection(all(select.stream()))).toMatchObject(refused)
    })

    test('a string or a column with the name of such a function can be read', async () => {
      const { db } = await opened()
      const text = 'select \'last_insert_rowid()\' as text, 1 as "changes()" /* total_changes() */'
      const expected = [{ text: 'last_insert_rowid()', 'changes()': 1 }]
      expect((await sql.raw(text).execute(db)).rows).toEqual(expected)
    })

    test('a statement that changes the connection is refused and changes nothing', async () => {
      const { db, query } = await opened()
      const before = await db.connection().execute(stateOf)
      for (const [text] of changes) {
        for (const run of [() => sql.raw(text).execute(db), () => query(sql.raw(text).compile(db))])
          expect({ text, error: await rejection(run()) }).toMatchObject({ text, error: refused })
        expect({ text, state: await db.connection().execute(stateOf) }).toEqual({ text, state: before })
      }
      await db.insertInto('note').values({ text: 'a' }).execute()
      expect(await db.selectFrom('note').select('text').execute()).toEqual([{ text: 'a' }])
    })

    test('pragmas that only read, or that change the file, work', async () => {
      const { db } = await opened()
      expect(await answerOf(db, 'pragma foreign_keys')).toBe(1)
      expect(await answerOf(db, 'pragma user_version')).toBe(0)
      await sql`pragma user_version = 5`.execute(db)
      await sql`pragma application_id = 7`.execute(db)
      expect(await answerOf(db, 'pragma user_version')).toBe(5)
      expect(await answerOf(db, 'pragma application_id')).toBe(7)
      expect((await sql`pragma table_info(note)`.execute(db)).rows).toHaveLength(2)
      expect((await sql`pragma foreign_key_check`.execute(db)).rows).toEqual([])
      expect(await answerOf(db, 'pragma integrity_check')).toBe('ok')
    })
  })

  describe('inside connection()', () => {
    test('a statement that changes the connection takes effect until the connection is given back', async () => {
      const pool = await open({ mode })
      const { db } = pool
      const before = await db.connection().execute(stateOf)
      for (const [text, what, answer] of changes) {
        expect({ text, answer: before[what] }).not.toEqual({ text, answer })
        await db.connection().execute(async (one) => {
          await sql.raw(text).execute(one)
          expect({ text, answer: await answerOf(one, questions[what] ?? '') }).toEqual({ text, answer })
        })
        expect({ text, state: await db.connection().execute(stateOf) }).toEqual({ text, state: before })
        expect({ text, state: await inTransactions(pool) }).toEqual({ text, state: before })
        await db.insertInto('note').values({ text }).execute()
      }
      expect(await db.selectFrom('note').select('id').execute()).toHaveLength(changes.length)
    })

    test('all of them together are restored, even if the callback throws', async () => {
      const pool = await open({ mode })
      const { db } = pool
      const before = await db.connection().execute(stateOf)
      const thrown = db.connection().execute(async (one) => {
        await sql`create temporary table scratch (x)`.execute(one)
        await sql`insert into scratch values (1)`.execute(one)
        for (const [text] of changes) {
          if (text.startsWith('pragma')) await sql.raw(text).execute(one)
        }
        throw new Error('half-way')
      })
      await expect(thrown).rejects.toThrow('half-way')
      expect(await db.connection().execute(stateOf)).toEqual(before)
      expect(await inTransactions(pool)).toEqual(before)
      const orphan = sql`insert into child values (99)`.execute(db)
      expect(await rejection(orphan)).toMatchObject({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' })
    })

    test('a setting made in a savepoint or before a statement that fails is restored too', async () => {
      const { db } = await open({ mode })
      const before = await db.connection().execute(stateOf)
      await db.connection().execute(async (one) => {
        await sql`pragma foreign_keys = off`.execute(one)
        await rejection(sql`insert into nowhere values (1)`.execute(one))
        await rejection(
          one.transaction().execute(async (trx) => {
            await sql`pragma recursive_triggers = on`.execute(trx)
            await sql`create temporary table scratch (x)`.execute(trx)
            throw new Error('half-way')
          }),
        )
      })
      expect(await db.connection().execute(stateOf)).toEqual(before)
    })

    test('last_insert_rowid(), changes() and total_changes() are those of its own writes', async () => {
      const { db } = await open({ mode })
      await db.connection().execute(async (one) => {
        const before = Number(await answerOf(one, 'select total_changes()'))
        await sql`insert into note values (41, 'a'), (42, 'b')`.execute(one)
        expect(await answerOf(one, 'select last_insert_rowid()')).toBe(42)
        expect(await answerOf(one, 'select changes()')).toBe(2)
        expect(await answerOf(one, 'select total_changes()')).toBe(before + 2)
      })
    })
  })

  test('inside a transaction, statements about the connection work, and the connection is restored', async () => {
    const pool = await open({ mode })
    const { db } = pool
    const before = await db.connection().execute(stateOf)
    const run = async (trx: Db) => {
      await sql`insert into note values (42, 'a')`.execute(trx)
      expect(await answerOf(trx, 'select last_insert_rowid()')).toBe(42)
      expect(await answerOf(trx, 'select changes()')).toBe(1)
      await sql`create temporary table scratch (x)`.execute(trx)
      await sql`insert into scratch values (1)`.execute(trx)
      expect(await answerOf(trx, 'select x from scratch')).toBe(1)
      await sql`pragma recursive_triggers = on`.execute(trx)
      await sql`pragma case_sensitive_like = on`.execute(trx)
      await sql`pragma busy_timeout = 1`.execute(trx)
      expect(await stateOf(trx)).toMatchObject({
        'recursive triggers': 1,
        'case of like': 0,
        'busy timeout': 1,
      })
    }
    await db.transaction().execute(run)
    expect(await db.connection().execute(stateOf)).toEqual(before)
    await sql`delete from note`.execute(db)
    const undone = db.transaction().execute(async (trx) => {
      await run(trx)
      throw new Error('undo')
    })
    await expect(undone).rejects.toThrow('undo')
    expect(await db.connection().execute(stateOf)).toEqual(before)
  })

  test('a temporary table hides a table of the same name only inside connection()', async () => {
    const { db } = await open({ mode })
    await db.insertInto('note').values({ text: 'kept' }).execute()
    await db.connection().execute(async (one) => {
      await sql`create temporary table note (id integer primary key, text text)`.execute(one)
      await one.insertInto('note').values({ text: 'scratch' }).execute()
      expect(await one.selectFrom('note').select('text').execute()).toEqual([{ text: 'scratch' }])
    })
    expect(await db.selectFrom('note').select('text').execute()).toEqual([{ text: 'kept' }])
    expect(await db.transaction().execute((trx) => trx.selectFrom('note').select('text').execute())).toEqual([
      { text: 'kept' },
    ])
  })

  describe('a view over', () => {
    const views: [what: string, statements: string[]][] = [
      ['pragma_table_info', ["create view v as select name from pragma_table_info('note')"]],
      [
        'fts5vocab',
        [
          'create virtual table search using fts5(text)',
          "insert into search values ('one two two')",
          'create virtual table terms using fts5vocab(search, row)',
          'create view v as select term, cnt from terms order by term',
        ],
      ],
    ]

    async function openWithView(statements: string[], options: Partial<ConnectOptions>) {
      const pool = await open({ mode, ...options })
      for (const text of statements) await sql.raw(text).execute(pool.db)
      return pool
    }

    test.each(views)('%s is read with trustedSchema, by every connection', async (_, statements) => {
      const pool = await openWithView(statements, { trustedSchema: true })
      const { db } = pool
      const plain = new SqliteDatabase(pool.databasePath)
      onTestFinished(() => void plain.close())
      const expected = plain.prepare('select * from v').all()
      expect(expected).toHaveLength(2)
      const read = async (on: Db) => (await sql`select * from v`.execute(on)).rows
      expect(await read(db)).toEqual(expected)
      await readersUp(pool)
      expect(await Promise.all(Array.from({ length: 6 }, () => read(db)))).toEqual(Array(6).fill(expected))
      expect(await db.connection().execute(read)).toEqual(expected)
      expect(await db.transaction().execute(read)).toEqual(expected)
      expect(await db.transaction().setAccessMode('read only').execute(read)).toEqual(expected)
    })

    test.each(views)('%s is an SQLite error without trustedSchema', async (_, statements) => {
      for (const options of [{}, { trustedSchema: false }]) {
        const { db } = await openWithView(statements, options)
        const error = await rejection(sql`select * from v`.execute(db))
        expect(error).toBeInstanceOf(SqliteDatabase.SqliteError)
        expect(error.message).toContain('unsafe use of')
      }
    })
  })
})
