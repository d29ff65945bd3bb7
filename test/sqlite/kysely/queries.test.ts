import SqliteDatabase from 'better-sqlite3'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import {
  IntegerRangeError,
  InvalidParameterError,
  NestedQueryError,
  PoolBusyError,
  PoolClosedError,
  StatementRefusedError,
  StreamingError,
  TransactionLostError,
} from '../../../src/main/sqlite/errors/query-errors.ts'
import { release } from '../../../src/main/sqlite/pool.ts'
import type { SlowQuery } from '../../../src/main/sqlite/scheduling/pool-options.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { addNotes, openNotes } from '../notes-pool.ts'

describe.each(['threads', 'inline'] as const)('%s', (mode) => {
  test('a write that was awaited is seen by the next read', async () => {
    const { db } = await openNotes({ mode })
    for (let id = 1; id <= 200; id++) {
      await db
        .insertInto('note')
        .values({ id, text: `note ${id}` })
        .execute()
      const row = await db.selectFrom('note').select('text').where('id', '=', id).executeTakeFirst()
      expect(row).toEqual({ text: `note ${id}` })
    }
  })

  test('inserts, updates and deletes report what Kysely reports on one connection', async () => {
    const { db } = await openNotes({ mode })
    const inserted = await db.insertInto('note').values({ text: 'a' }).executeTakeFirst()
    expect(inserted).toMatchObject({ insertId: 1n, numInsertedOrUpdatedRows: 1n })
    const updated = await db.updateTable('note').set({ text: 'b' }).executeTakeFirst()
    expect(updated.numUpdatedRows).toBe(1n)
    const returned = await db.insertInto('note').values({ text: 'c' }).returningAll().execute()
    expect(returned).toEqual([{ id: 2, text: 'c' }])
    const deleted = await db.deleteFrom('note').executeTakeFirst()
    expect(deleted.numDeletedRows).toBe(2n)
  })

  test('every kind of value is read as it was written', async () => {
    const { db } = await openNotes({ mode })
    const blob = Buffer.from('a small Buffer, a view on shared memory')
    const { rows } = await sql<Record<string, unknown>>`
      select ${1.5} as real, ${7} as integer, ${'ä€😀'} as text, ${null} as missing,
             ${blob} as blob, ${new Uint8Array([1, 2])} as bytes, ${2n ** 53n - 1n} as big`.execute(db)
    expect(rows).toEqual([
      {
        real: 1.5,
        integer: 7,
        text: 'ä€😀',
        missing: null,
        blob,
        bytes: Buffer.from([1, 2]),
        big: 2 ** 53 - 1,
      },
    ])
    expect(Buffer.isBuffer(rows[0]?.blob)).toBe(true)
  })

  test('many rows come in order, with nothing lost between nulls, numbers and texts', async () => {
    const pool = await openNotes({ mode })
    await addNotes(pool, 5_000)
    await pool.db.updateTable('note').set({ text: null }).where('id', '=', 77).execute()
    const { rows: halves } = await sql<{ half: number | null }>`
      select case when id % 2 then id / 2.0 end as half, null as missing from note order by id`.execute(
      pool.db,
    )
    expect(halves.slice(0, 3)).toEqual([
      { half: 0.5, missing: null },
      { half: null, missing: null },
      { half: 1.5, missing: null },
    ])
    const rows = await pool.db.selectFrom('note').selectAll().orderBy('id').execute()
    expect(rows.length).toBe(5_000)
    expect(rows[76]).toEqual({ id: 77, text: null })
    expect(
      rows.every(({ id, text }, index) => id === index + 1 && (id === 77 || text === `note ${id}`)),
    ).toBe(true)
  })

  test('an integer beyond 2^53 is an error if the pool returns numbers, and exact if it returns bigints', async () => {
    const numbers = await openNotes({ mode })
    const big = 2n ** 60n + 1n
    const error = await thrownBy(IntegerRangeError, () => sql`select ${big} as id`.execute(numbers.db))
    expect(error.column).toBe('id')
    // A real of that size is no integer, so nothing is rounded.
    expect((await sql`select 1e300 as id`.execute(numbers.db)).rows).toEqual([{ id: 1e300 }])

    const bigints = await openNotes({ mode, integers: 'bigint' })
    expect((await sql`select ${big} as id, 1 as one`.execute(bigints.db)).rows).toEqual([
      { id: big, one: 1n },
    ])
    const inserted = await bigints.db
      .insertInto('note')
      .values({ id: big as unknown as number, text: '' })
      .executeTakeFirst()
    expect(inserted.insertId).toBe(big)
  })

  test('a write that returns an integer beyond 2^53 is rolled back', async () => {
    const { db } = await openNotes({ mode })
    const id = (2n ** 60n) as unknown as number
    await thrownBy(IntegerRangeError, () =>
      db.insertInto('note').values({ id, text: '' }).returning('id').execute(),
    )
    expect(await db.selectFrom('note').select('text').execute()).toEqual([])
  })

  test('a parameter that SQLite has no type for is refused before it is sent', async () => {
    const { db } = await openNotes({ mode })
    for (const value of [true, new Date(), {}, 2n ** 64n, new ArrayBuffer(1)]) {
      const error = await thrownBy(InvalidParameterError, () => sql`select 1, ${value}`.execute(db))
      expect(error).toMatchObject({ index: 0, sql: 'select 1, ?' })
    }
  })

  test("an error of SQLite's keeps its class, code and statement, without the values", async () => {
    const { db } = await openNotes({ mode })
    await db.insertInto('note').values({ id: 1, text: '' }).execute()
    const error = await thrownBy(SqliteDatabase.SqliteError, () =>
      db.insertInto('note').values({ id: 1, text: 'a secret' }).execute(),
    )
    expect(error.code).toBe('SQLITE_CONSTRAINT_PRIMARYKEY')
    expect(error).toMatchObject({ sql: 'insert into "note" ("id", "text") values (?, ?)' })
    expect(JSON.stringify(error) + error.message + error.stack).not.toContain('secret')
  })

  test('a raw statement runs on the connection that SQLite requires for it', async () => {
    const pool = await openNotes({ mode })
    const { db } = pool
    await sql`with n (t) as (values ('from a cte')) insert into note (text) select t from n`.execute(db)
    await sql`with n (t) as (values ('again')) insert into note (text) select t from n`.execute(db)
    const { rows } = await sql`/* a comment */ select text from note`.execute(db)
    expect(rows).toEqual([{ text: 'from a cte' }, { text: 'again' }])
    await sql`pragma user_version = 7`.execute(db)
    expect((await sql`pragma user_version`.execute(db)).rows).toEqual([{ user_version: 7 }])
    await sql`vacuum`.execute(db)
    const { writer } = await pool.stats()
    expect(writer.served).toBeGreaterThan(4)
  })

  test('transactions and databases attached by hand are refused, and leave nothing open', async () => {
    const { db } = await openNotes({ mode })
    for (const statement of [
      'begin',
      'begin immediate',
      'savepoint a',
      'commit',
      "attach ':memory:' as other",
    ]) {
      await thrownBy(StatementRefusedError, () => sql.raw(statement).execute(db))
    }
    await db.insertInto('note').values({ text: 'still in autocommit' }).execute()
    expect(await db.selectFrom('note').select('text').execute()).toHaveLength(1)
  })

  test('a pragma that changes the key of the connection is refused, also on a lease', async () => {
    const { db, ...pool } = await openNotes({ mode })
    const keys = [
      "pragma key = 'a'",
      "/* */ PRAGMA main.hexkey='00'",
      "pragma 'rekey'('a')",
      "explain pragma textkey = 'a'",
    ]
    for (const statement of keys) {
      expect((await thrownBy(StatementRefusedError, () => pool.raw(statement))).reason).toBe('encryption-key')
      using lease = pool.lease()
      expect((await thrownBy(StatementRefusedError, () => lease.raw(statement))).reason).toBe(
        'encryption-key',
      )
    }
    await db.insertInto('note').values({ text: 'still readable' }).execute()
    expect(await db.selectFrom('note').select('text').execute()).toHaveLength(1)
    expect((await pool.raw('pragma foreign_keys')).rows).toEqual([[1]])
  })

  test('a changed table is read with its new columns', async () => {
    const { db } = await openNotes({ mode })
    await db.insertInto('note').values({ id: 1, text: 'a' }).execute()
    const all = () => db.selectFrom('note').selectAll().execute()
    expect(await all()).toEqual([{ id: 1, text: 'a' }])
    await db.schema.alterTable('note').renameColumn('text', 'words').execute()
    expect(await all()).toEqual([{ id: 1, words: 'a' }])
    await db.schema.alterTable('note').addColumn('more', 'text').execute()
    expect(await all()).toEqual([{ id: 1, words: 'a', more: null }])
  })

  test('a transaction is all or nothing', async () => {
    const { db } = await openNotes({ mode })
    const failing = db.transaction().execute(async (trx) => {
      await trx.insertInto('note').values({ text: 'lost' }).execute()
      expect(await trx.selectFrom('note').selectAll().execute()).toHaveLength(1)
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(await db.selectFrom('note').selectAll().execute()).toEqual([])
  })

  test('transactions come one after the other, and writes beside them wait', async () => {
    const { db } = await openNotes({ mode })
    const order: string[] = []
    const transaction = (name: string) =>
      db.transaction().execute(async (trx) => {
        order.push(`${name} begins`)
        await trx.insertInto('note').values({ text: name }).execute()
        await new Promise((resolve) => setTimeout(resolve, 20))
        order.push(`${name} ends`)
      })
    await Promise.all([
      transaction('first'),
      transaction('second'),
      db.insertInto('note').values({ text: 'single' }).execute(),
    ])
    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
    const rows = await db.selectFrom('note').select('text').orderBy('id').execute()
    expect(rows.map(({ text }) => text)).toEqual(['first', 'second', 'single'])
  })

  test('a read-only transaction reads one snapshot while the writer commits', async () => {
    const { db } = await openNotes({ mode })
    await db.insertInto('note').values({ text: 'before' }).execute()
    let begun: () => void = () => undefined
    let written: () => void = () => undefined
    const hasBegun = new Promise<void>((resolve) => (begun = resolve))
    const hasWritten = new Promise<void>((resolve) => (written = resolve))
    const snapshot = db
      .transaction()
      .setAccessMode('read only')
      .execute(async (trx) => {
        begun()
        await hasWritten
        await expect(trx.insertInto('note').values({ text: 'no' }).execute()).rejects.toMatchObject({
          code: 'SQLITE_READONLY',
        })
        return await trx.selectFrom('note').selectAll().execute()
      })
    await hasBegun
    await db.insertInto('note').values({ text: 'after' }).execute()
    written()
    expect(await snapshot).toHaveLength(1)
    expect(await db.selectFrom('note').selectAll().execute()).toHaveLength(2)
  })

  test('savepoints undo a part of a transaction', async () => {
    const { db } = await openNotes({ mode })
    const trx = await db.startTransaction().execute()
    await trx.insertInto('note').values({ text: 'kept' }).execute()
    const after = await trx.savepoint('a "name"').execute()
    await after.insertInto('note').values({ text: 'undone' }).execute()
    await after.rollbackToSavepoint('a "name"').execute()
    await after.releaseSavepoint('a "name"').execute()
    await trx.commit().execute()
    expect(await db.selectFrom('note').select('text').execute()).toEqual([{ text: 'kept' }])
  })

  test('a transaction that SQLite rolled back refuses further statements', async () => {
    const { db } = await openNotes({ mode })
    await db.insertInto('note').values({ id: 1, text: 'there' }).execute()
    const transaction = db.transaction().execute(async (trx) => {
      await trx.insertInto('note').values({ id: 2, text: 'lost' }).execute()
      await expect(sql`insert or rollback into note (id) values (1)`.execute(trx)).rejects.toThrow()
      // Without a check this one would be committed on its own.
      await trx.insertInto('note').values({ id: 3, text: 'stray' }).execute()
    })
    await expect(transaction).rejects.toBeInstanceOf(TransactionLostError)
    expect(await db.selectFrom('note').select('id').execute()).toEqual([{ id: 1 }])
  })

  test('connection() keeps the writer for its callback', async () => {
    const { db } = await openNotes({ mode })
    await db.connection().execute(async (one) => {
      await sql`create temp table scratch (x)`.execute(one)
      await sql`insert into scratch values (1)`.execute(one)
      expect((await sql`select x from scratch`.execute(one)).rows).toEqual([{ x: 1 }])
      await one.transaction().execute((trx) => trx.insertInto('note').values({ text: 'a' }).execute())
    })
    expect(await db.selectFrom('note').selectAll().execute()).toHaveLength(1)
  })

  test('a query on db inside its own transaction fails immediately', async () => {
    const { db, batch } = await openNotes({ mode })
    const insert = db.insertInto('note').values({ text: 'nested' })
    const nested: Record<string, () => Promise<unknown>> = {
      write: () => insert.execute(),
      read: () => db.selectFrom('note').selectAll().execute(),
      transaction: () => db.transaction().execute(async () => undefined),
      connection: () => db.connection().execute(async () => undefined),
      batch: () => batch([insert]),
      stream: async () => {
        for await (const _ of db.selectFrom('note').selectAll().stream());
      },
    }
    for (const [, run] of Object.entries(nested)) {
      await db.transaction().execute(async () => void (await thrownBy(NestedQueryError, run)))
      await db.connection().execute(async () => void (await thrownBy(NestedQueryError, run)))
    }
    expect(await db.selectFrom('note').selectAll().execute()).toEqual([])
  })

  test('what a transaction started and left running may use db afterwards', async () => {
    const { db } = await openNotes({ mode })
    let later: Promise<unknown> = Promise.resolve()
    let noticeEnd: () => void = () => undefined
    const hasEnded = new Promise<void>((resolve) => (noticeEnd = resolve))
    await db.transaction().execute(async () => {
      later = hasEnded.then(() => db.selectFrom('note').selectAll().execute())
    })
    // A timer could end before the commit does.
    noticeEnd()
    expect(await later).toEqual([])
  })

  test('a query that waits for a transaction that never ends is refused after waitTimeout', async () => {
    const { db } = await openNotes({ mode, waitTimeout: 100 })
    const trx = await db.startTransaction().execute()
    await thrownBy(PoolBusyError, () => db.insertInto('note').values({ text: 'waits' }).execute())
    await trx.rollback().execute()
    await db.insertInto('note').values({ text: 'goes' }).execute()
  })

  test('a stream returns every row in chunks, from one snapshot, and leaves the writer free', async () => {
    const pool = await openNotes({ mode })
    await addNotes(pool, 1_000)
    let count = 0
    for await (const { id } of pool.db.selectFrom('note').select('id').orderBy('id').stream(64)) {
      count++
      expect(id).toBe(count)
      if (count % 100 === 0) await pool.db.insertInto('note').values({ text: 'meanwhile' }).execute()
      if (count === 500)
        expect(await pool.db.selectFrom('note').select('id').limit(1).execute()).toHaveLength(1)
    }
    expect(count).toBe(1_000)
  })

  test('leaving a stream gives its reader back', async () => {
    const pool = await openNotes({ mode })
    await addNotes(pool, 1_000)
    for (let round = 0; round < 12; round++) {
      for await (const row of pool.db.selectFrom('note').selectAll().stream(10)) {
        expect(row.id).toBe(1)
        break
      }
    }
    expect((await pool.stats()).readers.some(({ state }) => state === 'leased')).toBe(false)
  })

  test('a stream of what a write returns is run by the writer', async () => {
    const { db } = await openNotes({ mode })
    const rows: unknown[] = []
    for await (const row of db
      .insertInto('note')
      .values([{ text: 'a' }, { text: 'b' }])
      .returningAll()
      .stream())
      rows.push(row)
    expect(rows).toEqual([
      { id: 1, text: 'a' },
      { id: 2, text: 'b' },
    ])
  })

  test('while a transaction streams, it can read, and a write is refused', async () => {
    const pool = await openNotes({ mode })
    await addNotes(pool, 300)
    await pool.db.transaction().execute(async (trx) => {
      for await (const { id } of trx.selectFrom('note').selectAll().stream(10)) {
        const same = await trx.selectFrom('note').selectAll().where('id', '=', id).execute()
        expect(same).toHaveLength(1)
        await thrownBy(StreamingError, () => trx.deleteFrom('note').execute())
        if (id === 20) break
      }
      await trx.deleteFrom('note').where('id', '=', 1).execute()
    })
    expect(await pool.db.selectFrom('note').selectAll().execute()).toHaveLength(299)
  })

  test('a batch is one transaction, with the results that its queries would return', async () => {
    const { db, batch } = await openNotes({ mode })
    const [inserted, rows, deleted] = await batch([
      db.insertInto('note').values({ text: 'a' }),
      db.selectFrom('note').selectAll(),
      db.deleteFrom('note').where('id', '=', 9),
    ])
    expect(inserted[0]?.insertId).toBe(1n)
    expect(rows).toEqual([{ id: 1, text: 'a' }])
    expect(deleted[0]?.numDeletedRows).toBe(0n)
    const half = batch([db.insertInto('note').values({ text: 'b' }), db.insertInto('note').values({ id: 1 })])
    await expect(half).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' })
    expect(await db.selectFrom('note').selectAll().execute()).toHaveLength(1)
  })

  test('the statistics have what each connection did', async () => {
    const pool = await openNotes({ mode })
    await addNotes(pool, 10)
    for (let round = 0; round < 10; round++) await pool.db.selectFrom('note').selectAll().execute()
    const { writer, readers, waiting, walBytes } = await pool.stats()
    expect(writer).toMatchObject({ state: 'idle', inHand: 0 })
    expect(readers.reduce((sum, { served }) => sum + served, 0)).toBeGreaterThanOrEqual(10)
    expect(readers.some(({ statementCache }) => statementCache.hits > 3)).toBe(true)
    expect(readers.some(({ p50, p99 }) => p50 !== undefined && p99 !== undefined && p50 <= p99)).toBe(true)
    expect(waiting).toEqual({ forWriter: 0, forReader: 0 })
    expect(walBytes).toBeGreaterThan(0)
  })

  test('a slow query is reported with its statement and without its values', async () => {
    const seen: SlowQuery[] = []
    const { db } = await openNotes({ mode, slowQueryThreshold: 20, onSlowQuery: (query) => seen.push(query) })
    await sql`
      with recursive n (i) as (select 1 union all select i + 1 from n where i < ${1_000_000})
      select count(*) from n`.execute(db)
    await new Promise((resolve) => setTimeout(resolve, 0))
    // On a busy machine a statement of the opening may be slow too.
    const [slow, ...others] = seen.filter((query) => query.sql.includes('with recursive'))
    expect(others).toEqual([])
    expect(slow).toEqual({ role: 'reader', sql: expect.any(String), milliseconds: expect.any(Number) })
    // Only there, because milliseconds may contain these digits by chance.
    expect(slow?.sql).not.toContain('1000000')
  })

  test('after close everything is refused, and closing waits for what is under way', async () => {
    const { db, dir, batch } = await openNotes({ mode })
    const write = db.insertInto('note').values({ text: 'in time' }).execute()
    const transaction = db.transaction().execute(async (trx) => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      await trx.insertInto('note').values({ text: 'in time too' }).execute()
    })
    const closing = release(dir)
    await new Promise(setImmediate)
    const late = [
      () => db.selectFrom('note').selectAll().execute(),
      () => db.insertInto('note').values({ text: 'late' }).execute(),
      () => db.transaction().execute(async () => undefined),
      () => batch([]),
      async () => {
        for await (const _ of db.selectFrom('note').selectAll().stream());
      },
    ]
    for (const run of late) await thrownBy(PoolClosedError, run)
    await expect(Promise.all([write, transaction])).resolves.toBeDefined()
    await closing
    for (const run of late) await thrownBy(PoolClosedError, run)
    await db.destroy()
  })

  test('closing waits at most closeTimeout for a transaction that never ends', async () => {
    const { db, dir } = await openNotes({ mode, closeTimeout: 100 })
    const trx = await db.startTransaction().execute()
    await trx.insertInto('note').values({ text: 'never committed' }).execute()
    const waiting = db.insertInto('note').values({ text: 'waits' }).execute()
    const refused = expect(waiting).rejects.toBeInstanceOf(PoolClosedError)
    await release(dir)
    await refused
    await expect(trx.commit().execute()).rejects.toThrow()
    const again = await openNotes({ mode, dir })
    expect(await again.db.selectFrom('note').selectAll().execute()).toEqual([])
  })
})
