import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { QueryAbortedError, TransactionLostError } from '../../../src/main/sqlite/errors/query-errors.ts'
import { InvalidOptionError } from '../../../src/shared/data-dir-error.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { addNotes, endlessAggregate, endlessRows, openNotes, readersUp } from '../notes-pool.ts'

const soon = 100

describe.each(['threads', 'inline'] as const)('%s', (mode) => {
  test('a signal that is aborted already keeps the query from running', async () => {
    const { db, query } = await openNotes({ mode })
    const reason = new Error('nobody wants it')
    const error = await thrownBy(QueryAbortedError, () =>
      query(db.insertInto('note').values({ text: 'a' }), { signal: AbortSignal.abort(reason) }),
    )
    expect(error).toMatchObject({ outcome: 'not-run', isTimeout: false, cause: reason })
    expect(await db.selectFrom('note').selectAll().execute()).toEqual([])
  })

  test('a signal that is aborted already keeps a batch from running', async () => {
    const { db, batch } = await openNotes({ mode })
    const error = await thrownBy(QueryAbortedError, () =>
      batch([db.insertInto('note').values({ text: 'a' })], { signal: AbortSignal.abort() }),
    )
    expect(error.outcome).toBe('not-run')
    expect(await db.selectFrom('note').selectAll().execute()).toEqual([])
  })

  test('a query in limits that others share is ended by its own signal, and by theirs', async () => {
    const pool = await openNotes({ mode })
    const aborted = AbortSignal.abort(new Error('enough'))
    const alive = new AbortController().signal
    for (const [outer, own] of [
      [aborted, alive],
      [alive, aborted],
    ]) {
      const db = pool.within({ signal: outer })
      const insert = (on: Pick<typeof db, 'insertInto'>) =>
        on.insertInto('note').values({ text: 'a' }).execute({ signal: own })
      const read = async () => {
        for await (const _ of db.selectFrom('note').selectAll().stream({ chunkSize: 1, signal: own }));
      }
      for (const run of [() => insert(db), () => db.connection().execute(insert), read])
        expect(await thrownBy(QueryAbortedError, run)).toMatchObject({ cause: new Error('enough') })
    }
    expect(await pool.db.selectFrom('note').selectAll().execute()).toEqual([])
  })

  test('a write that waits for the writer is aborted without having run', async () => {
    const { db } = await openNotes({ mode })
    const trx = await db.startTransaction().execute()
    const error = await thrownBy(QueryAbortedError, () =>
      db
        .insertInto('note')
        .values({ text: 'a' })
        .execute({ signal: AbortSignal.timeout(20) }),
    )
    expect(error).toMatchObject({ outcome: 'not-run', isTimeout: true })
    await trx.commit().execute()
    expect(await db.selectFrom('note').selectAll().execute()).toEqual([])
  })

  test('a query whose limits are not reached runs like any other', async () => {
    const { db, query, within, batch } = await openNotes({ mode })
    const limits = { signal: new AbortController().signal, timeout: 60_000 }
    const [inserted] = await query(db.insertInto('note').values({ text: 'a' }), limits)
    expect(inserted?.insertId).toBe(1n)
    expect(await within(limits).selectFrom('note').selectAll().execute()).toEqual([{ id: 1, text: 'a' }])
    await batch([db.deleteFrom('note')], limits)
    await within(limits)
      .transaction()
      .execute((trx) => trx.insertInto('note').values({ text: 'b' }).execute())
    expect(await query(db.selectFrom('note').select('text'), limits)).toEqual([{ text: 'b' }])
  })
})

test.each([
  ['gives row after row', endlessRows],
  ['gives no row until its end', endlessAggregate],
])('a read that %s is stopped, and the pool is whole again', async (_, endless) => {
  const pool = await openNotes({ readers: 2 })
  for (let round = 0; round < 3; round++) {
    const error = await thrownBy(QueryAbortedError, () => pool.query(endless(pool), { timeout: soon }))
    expect(error).toMatchObject({ outcome: 'stopped', isTimeout: true })
    expect(await pool.db.selectFrom('note').selectAll().execute()).toEqual([])
  }
  await expect.poll(async () => (await pool.stats()).readers.every(({ inHand }) => inHand === 0)).toBe(true)
  await readersUp(pool)
})

test('reads behind one that is aborted are answered by another reader', async () => {
  const pool = await openNotes({ readers: 1 })
  const endless = thrownBy(QueryAbortedError, () => pool.query(endlessAggregate(pool), { timeout: soon }))
  const behind = pool.db.selectFrom('note').selectAll().execute()
  expect(await behind).toEqual([])
  await endless
})

test('a write that is aborted while it runs leaves nothing behind', async () => {
  const pool = await openNotes()
  const { db, query } = pool
  const insert = sql`
    insert into note (text)
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 2000000)
    select 'note ' || i from n`.compile(db)
  const error = await thrownBy(QueryAbortedError, () => query(insert, { timeout: soon }))
  expect(error.outcome).toBe('stopped')
  expect(await db.selectFrom('note').select('id').limit(1).execute()).toEqual([])
  // It waits for SQLite to come back from what it rolls back, and then goes through.
  await db.insertInto('note').values({ text: 'after' }).execute()
  expect(await db.selectFrom('note').select('text').execute()).toEqual([{ text: 'after' }])
})

test('an abort inside a transaction rolls all of it back, and says so', async () => {
  const pool = await openNotes()
  const { db } = pool
  const transaction = db.transaction().execute(async (trx) => {
    await trx.insertInto('note').values({ text: 'before' }).execute()
    const error = await thrownBy(QueryAbortedError, () =>
      trx.executeQuery(endlessRows(pool), { signal: AbortSignal.timeout(soon) }),
    )
    expect(error.outcome).toBe('transaction-rolled-back')
    await trx.insertInto('note').values({ text: 'after' }).execute()
  })
  await expect(transaction).rejects.toBeInstanceOf(TransactionLostError)
  expect(await db.selectFrom('note').selectAll().execute()).toEqual([])
  await db.insertInto('note').values({ text: 'new' }).execute()
})

test('a write that is aborted while it waits leaves the queue', async () => {
  const pool = await openNotes()
  const { db } = pool
  const trx = await db.startTransaction().execute()
  const controller = new AbortController()
  const waiting = thrownBy(QueryAbortedError, () =>
    pool.query(db.insertInto('note').values({ text: 'a' }), { signal: controller.signal }),
  )
  await expect.poll(async () => (await pool.stats()).waiting.forWriter).toBe(1)
  controller.abort()
  await waiting
  expect((await pool.stats()).waiting.forWriter).toBe(0)
  await trx.rollback().execute()
})

test('a query that runs is ended by the signal of the limits it is made in, although it has one of its own', async () => {
  const pool = await openNotes()
  const [outer, own] = [new AbortController(), new AbortController()]
  setTimeout(() => outer.abort(), soon)
  await thrownBy(QueryAbortedError, () =>
    pool.within({ signal: outer.signal }).executeQuery(endlessRows(pool), { signal: own.signal }),
  )
})

test.each([
  [{ timeout: Infinity }, 'Give a number of milliseconds from 0 to 2147483647.'],
  [{ timeOut: 5 } as object, 'Did you mean "timeout"?'],
  [{ signal: new AbortController() } as object, 'Give an AbortSignal.'],
])('limits that are not allowed are refused, and nothing is run: %j', async (limits, remedy) => {
  const { db, query, batch, within } = await openNotes()
  const insert = db.insertInto('note').values({ text: 'a' })
  for (const run of [() => query(insert, limits), () => batch([insert], limits), async () => within(limits)])
    expect((await thrownBy(InvalidOptionError, run)).remedy).toBe(remedy)
  expect(await db.selectFrom('note').selectAll().execute()).toEqual([])
})

test('a stream is aborted between two rows and gives its reader back', async () => {
  const pool = await openNotes()
  await addNotes(pool, 1_000)
  const controller = new AbortController()
  let count = 0
  await thrownBy(QueryAbortedError, async () => {
    const stream = pool.db.selectFrom('note').selectAll().stream({ chunkSize: 10, signal: controller.signal })
    for await (const _ of stream) if (++count === 25) controller.abort()
  })
  expect(count).toBeLessThan(60)
  await expect
    .poll(async () => (await pool.stats()).readers.some(({ state }) => state === 'leased'))
    .toBe(false)
})

test('a batch is aborted as a whole', async () => {
  const pool = await openNotes()
  const { db, batch } = pool
  const controller = new AbortController()
  setTimeout(() => controller.abort(), soon)
  await thrownBy(QueryAbortedError, () =>
    batch([db.insertInto('note').values({ text: 'a' }), endlessRows(pool)], { signal: controller.signal }),
  )
  expect(await db.selectFrom('note').selectAll().execute()).toEqual([])
})
