import { CamelCasePlugin } from 'kysely'
import { describe, expect, test } from 'vitest'
import { betterSqlite3 } from '../../../src/main/runtime/better-sqlite3.ts'
import type { Pool } from '../../../src/main/sqlite/pool.ts'
import { addNotes, type NotesSchema, openNotes, sharedNotes } from '../notes-pool.ts'
import { rejection } from '../settled.ts'

const texts = async (pool: Pool<NotesSchema>) => {
  const { rows } = await pool.raw('select text from note order by id')
  return rows.map(([text]) => text)
}

describe.each(['threads', 'inline'] as const)('mode %s', (mode) => {
  const shared = sharedNotes({ mode })

  test('a result keeps the values of columns with the same name', async () => {
    const { columns, rows } = await shared().raw(
      "select 1 as id, null as text, 2 as id union all select 3, x'01', 4",
    )
    expect({ columns, rows }).toEqual({
      columns: ['id', 'text', 'id'],
      rows: [
        [1, null, 2],
        [3, Buffer.of(1), 4],
      ],
    })
  })

  test('a result with many rows has the same values as one with few', async () => {
    const count = 100
    const { columns, rows } = await shared().raw(
      `with recursive n (i) as (select 1 union all select i + 1 from n where i < ?)
      select i, nullif(i, 7), 'text ' || i, zeroblob(2), i from n`,
      [count],
    )
    expect(columns).toHaveLength(5)
    expect(rows).toEqual(
      Array.from({ length: count }, (_, index) => index + 1).map((i) => [
        i,
        i === 7 ? null : i,
        `text ${i}`,
        Buffer.alloc(2),
        i,
      ]),
    )
    expect(Buffer.isBuffer(rows[0]?.[3])).toBe(true)
  })

  test('parameters are an array or an object with names', async () => {
    const byName = 'select :one, @two, $three, :one'
    const values = { one: 1n, two: undefined, three: new Uint8Array([3]) }
    expect((await shared().raw(byName, values)).rows).toEqual([[1, null, Buffer.of(3), 1]])
    expect((await shared().raw('select ?, ?', ['a', 2])).rows).toEqual([['a', 2]])
    const error = await rejection(shared().raw(byName, { ...values, two: new Date() }))
    expect(error).toMatchObject({ code: 'ERR_DATADIR_INVALID_PARAMETER', index: 1, sql: byName })
  })
})

test('a write reports its changes and row ID, and a statement with rows does not', async () => {
  const pool = await openNotes()
  const insert = "insert into note (text) values ('a'), ('b')"
  expect(await pool.raw(insert)).toEqual({ columns: [], rows: [], changes: 2, lastInsertRowid: 2 })
  expect(await pool.raw(`${insert} returning id`)).toEqual({
    columns: ['id'],
    rows: [[3], [4]],
    changes: undefined,
    lastInsertRowid: undefined,
  })
  const far = await pool.raw('insert into note (id) values (9007199254740993)')
  expect(far.lastInsertRowid).toBe(9_007_199_254_740_993n)
  expect(await rejection(pool.raw('select max(id) from note'))).toMatchObject({
    code: 'ERR_DATADIR_INTEGER_RANGE',
  })
})

test('integers are bigints if the pool has them as bigints', async () => {
  const pool = await openNotes({ integers: 'bigint' })
  expect(await pool.raw("insert into note (text) values ('a')")).toMatchObject({
    changes: 1,
    lastInsertRowid: 1n,
  })
  expect((await pool.raw('select id, 1.5 from note')).rows).toEqual([[1n, 1.5]])
})

test('reads run on readers, also while a lease has the writer', async () => {
  const pool = await openNotes()
  using lease = pool.lease()
  await lease.raw('begin')
  await lease.raw("insert into note (text) values ('uncommitted')")
  expect(await texts(pool)).toEqual([])
  await lease.raw('commit')
  expect(await texts(pool)).toEqual(['uncommitted'])
})

test('an error is the one of SQLite, with the statement', async () => {
  const pool = await openNotes()
  const sql = 'insert into note (id) values (?)'
  await pool.raw(sql, [1])
  for (const on of [pool, pool.lease()]) {
    const error = await rejection(on.raw(sql, [1]))
    expect(error).toBeInstanceOf(betterSqlite3().SqliteError)
    expect(error).toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY', sql })
    if ('release' in on) on.release()
  }
})

test('limits end a query, and unknown ones are refused', async () => {
  const pool = await openNotes()
  const aborted = { code: 'ERR_DATADIR_QUERY_ABORTED' }
  expect(await rejection(pool.raw('select 1', [], { signal: AbortSignal.abort() }))).toMatchObject(aborted)
  const endless = 'with recursive n (i) as (select 1 union all select i + 1 from n) select i from n'
  expect(await rejection(pool.raw(endless, [], { timeout: 50 }))).toMatchObject({
    ...aborted,
    isTimeout: true,
  })
  const unknown = { timout: 1 } as object
  for (const call of [pool.raw('select 1', [], unknown), pool.exec('select 1', unknown)])
    expect(await rejection(call)).toMatchObject({ code: 'ERR_DATADIR_INVALID_OPTION' })
  expect(() => pool.lease(unknown)).toThrow('timout')
})

test('an aborted statement of a leased transaction rolls the transaction back', async () => {
  const pool = await openNotes()
  using lease = pool.lease()
  await lease.raw('begin')
  await lease.raw("insert into note (text) values ('a')")
  const endless = 'with recursive n (i) as (select 1 union all select i + 1 from n) select i from n'
  expect(await rejection(lease.raw(endless, [], { timeout: 50 }))).toMatchObject({
    code: 'ERR_DATADIR_QUERY_ABORTED',
    outcome: 'transaction-rolled-back',
  })
  expect(await rejection(lease.raw('select 1'))).toMatchObject({ code: 'ERR_DATADIR_TRANSACTION_LOST' })
  expect(await rejection(lease.raw('commit'))).toMatchObject({ code: 'ERR_DATADIR_TRANSACTION_LOST' })
  expect(await texts(pool)).toEqual([])
})

test('exec on the pool runs all statements of a text or none', async () => {
  const pool = await openNotes()
  await pool.exec(`
    create table log (text); -- with ; inside
    create trigger note_log after insert on note begin
      insert into log values (new.text); insert into log values ('end;');
    end;
    insert into note (text) values ('a');
  `)
  expect((await pool.raw('select text from log')).rows).toEqual([['a'], ['end;']])
  const text = "insert into note (text) values ('b'); insert into nothing values (1)"
  expect(await rejection(pool.exec(text))).toMatchObject({ code: 'SQLITE_ERROR' })
  expect(await texts(pool)).toEqual(['a'])
  await pool.exec('-- nothing')
  const control = await rejection(pool.exec("insert into note (text) values ('c'); commit"))
  expect(control).toMatchObject({ code: 'ERR_DATADIR_STATEMENT_REFUSED', reason: 'transaction-control' })
  expect(await texts(pool)).toEqual(['a'])
})

test('exec on a lease may begin and end transactions', async () => {
  const pool = await openNotes()
  using lease = pool.lease()
  await lease.exec(
    "-- a note\nbegin; insert into note (text) values ('a'); savepoint s; delete from note; rollback to s; commit /* all */",
  )
  expect(await texts(pool)).toEqual(['a'])
})

test('a transaction that is open when its lease is released is rolled back, and settings are restored', async () => {
  const pool = await openNotes()
  const lease = pool.lease()
  await lease.raw('pragma foreign_keys = off')
  await lease.raw('create temp table t (x)')
  await lease.raw('begin')
  await lease.raw("insert into note (text) values ('a')")
  lease.release()
  lease.release()
  expect(await texts(pool)).toEqual([])
  expect((await pool.raw('pragma foreign_keys')).rows).toEqual([[1]])
  expect(await rejection(pool.raw('delete from temp.t'))).toMatchObject({ code: 'SQLITE_ERROR' })
  for (const sql of ['commit', 'begin', 'select 1'])
    expect(await rejection(lease.raw(sql))).toMatchObject({ code: 'ERR_DATADIR_CONNECTION_RELEASED', sql })
})

test('a write outside a transaction waits until the lease that has the transaction is released', async () => {
  const pool = await openNotes()
  const lease = pool.lease()
  await lease.raw('begin')
  await lease.raw("insert into note (text) values ('inside')")
  const outside = pool.raw("insert into note (text) values ('outside')")
  const second = pool.lease()
  const other = second.raw('begin').then(() => second.raw("insert into note (text) values ('other')"))
  await lease.raw('rollback')
  lease.release()
  await outside
  await other
  await second.raw('commit')
  second.release()
  expect(await texts(pool)).toEqual(['outside', 'other'])
})

test('statements of a lease run in the order of their calls, also if none is awaited', async () => {
  const pool = await openNotes()
  const lease = pool.lease()
  await Promise.all([
    lease.raw("insert into note (text) values ('before')"),
    lease.raw('begin'),
    lease.raw("insert into note (text) values ('inside')"),
    lease.raw('rollback'),
    lease.raw("insert into note (text) values ('after')"),
  ])
  lease.release()
  expect(await texts(pool)).toEqual(['before', 'after'])
})

test('a statement that does not fit the state of the transaction is refused', async () => {
  const pool = await openNotes()
  using lease = pool.lease()
  const refused = { code: 'ERR_DATADIR_STATEMENT_REFUSED', reason: 'transaction-state' }
  for (const sql of ['commit', 'rollback', 'savepoint a', 'release a'])
    expect(await rejection(lease.raw(sql))).toMatchObject({ ...refused, sql })
  await lease.raw('begin')
  expect(await rejection(lease.raw('begin'))).toMatchObject({ ...refused, sql: 'begin' })
  const several = await rejection(lease.raw('savepoint a; commit'))
  expect(several).toBeInstanceOf(RangeError)
  await lease.raw("insert into note (text) values ('a')")
  await lease.raw('commit')
  expect(await texts(pool)).toEqual(['a'])
})

test('a commit that fails leaves the transaction open for a rollback', async () => {
  const pool = await openNotes()
  await pool.exec(`create table tag (note integer references note deferrable initially deferred)`)
  using lease = pool.lease()
  await lease.exec('begin; insert into tag values (7)')
  expect(await rejection(lease.raw('commit'))).toMatchObject({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' })
  await lease.raw('rollback')
  expect((await pool.raw('select count(*) from tag')).rows).toEqual([[0]])
})

test('queries on the pool are refused inside hold, and not after it', async () => {
  const pool = await openNotes()
  using lease = pool.lease()
  const nested = { code: 'ERR_DATADIR_NESTED_QUERY' }
  await lease.hold(async () => {
    await lease.raw('begin')
    expect(await rejection(pool.raw('select 1'))).toMatchObject(nested)
    expect(await rejection(pool.exec('delete from note'))).toMatchObject(nested)
    expect(() => pool.lease()).toThrow(expect.objectContaining(nested))
    expect((await lease.raw('select 1')).rows).toEqual([[1]])
    await lease.raw('commit')
  })
  expect((await pool.raw('select 1')).rows).toEqual([[1]])
})

test('the wait for a lease ends at its limits', async () => {
  const pool = await openNotes()
  using first = pool.lease()
  await first.raw('begin')
  for (const sql of ['begin', 'delete from note']) {
    using second = pool.lease({ timeout: 20 })
    expect(await rejection(second.raw(sql))).toMatchObject({
      code: 'ERR_DATADIR_QUERY_ABORTED',
      outcome: 'not-run',
    })
  }
})

test('a pool that closes rolls back the transaction of a lease, and refuses further statements', async () => {
  const pool = await openNotes({ closeTimeout: 50 })
  const lease = pool.lease()
  await lease.raw('begin')
  await lease.raw("insert into note (text) values ('a')")
  await pool.close()
  const closed = { code: 'ERR_DATADIR_POOL_CLOSED' }
  expect(await rejection(lease.raw('commit'))).toMatchObject(closed)
  expect(await rejection(pool.raw('select 1'))).toMatchObject(closed)
  expect(() => pool.lease()).toThrow(expect.objectContaining(closed))
})

test('raw queries are reported to `log`, and plugins do not change them', async () => {
  const events: { level: string; sql: string; parameters: readonly unknown[] }[] = []
  const pool = await openNotes({
    plugins: [new CamelCasePlugin()],
    log: ({ level, query: { sql, parameters } }) => void events.push({ level, sql, parameters }),
  })
  await addNotes(pool, 2)
  events.length = 0
  const { columns } = await pool.raw('select text as the_text from note where id = :id', { id: 1 })
  expect(columns).toEqual(['the_text'])
  await pool.exec('delete from note; select 1')
  using lease = pool.lease()
  await lease.raw('begin')
  await rejection(lease.raw('select nothing'))
  expect(events).toEqual([
    { level: 'query', sql: 'select text as the_text from note where id = :id', parameters: [1] },
    { level: 'query', sql: 'delete from note; select 1', parameters: [] },
    { level: 'query', sql: 'begin', parameters: [] },
    { level: 'error', sql: 'select nothing', parameters: [] },
  ])
})
