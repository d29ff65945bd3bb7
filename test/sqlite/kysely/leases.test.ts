import type { Worker } from 'node:worker_threads'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { addNotes, endlessAggregate, openNotes } from '../notes-pool.ts'
import { all, rejection, settled } from '../settled.ts'

// What one holder of a connection leaves behind must not reach the next one.
describe.each(['threads', 'inline'] as const)('%s', (mode) => {
  test('connection() can write after it has read in a snapshot', async () => {
    const { db } = await openNotes({ mode })
    await db.connection().execute(async (one) => {
      const snapshot = one.transaction().setAccessMode('read only')
      await snapshot.execute((trx) => trx.selectFrom('note').selectAll().execute())
      await one.insertInto('note').values({ text: 'written' }).execute()
    })
    expect(await db.selectFrom('note').select('text').execute()).toEqual([{ text: 'written' }])
  })

  test('a transaction within limits that are reached already does not wait for the writer', async () => {
    const { db, within } = await openNotes({ mode })
    const holder = await db.startTransaction().execute()
    const late = within({ signal: AbortSignal.abort() })
      .transaction()
      .execute(async () => undefined)
    expect(await rejection(settled(late))).toMatchObject({
      code: 'ERR_DATADIR_QUERY_ABORTED',
      outcome: 'not-run',
    })
    await holder.rollback().execute()
  })

  test('a pragma that is only explained changes no connection', async () => {
    const pool = await openNotes({ mode })
    const { db } = pool
    const refused = { code: 'ERR_DATADIR_STATEMENT_REFUSED', reason: 'connection-setting' }
    const explain = sql.raw('explain pragma case_sensitive_like = on')
    expect(await rejection(explain.execute(db))).toMatchObject(refused)
    const batch = pool.batch([sql.raw('explain pragma query_only = on').compile(db)])
    expect(await rejection(batch)).toMatchObject(refused)
    const like = () => sql<{ is: number }>`select 'a' like 'A' as "is"`.execute(db)
    for (const { rows } of await Promise.all([like(), like(), like()])) expect(rows).toEqual([{ is: 1 }])
    await db.insertInto('note').values({ text: 'a' }).execute()
  })

  test('pragmas that rename columns or count changes end with connection()', async () => {
    const pool = await openNotes({ mode })
    const { db } = pool
    await addNotes(pool, 1)
    await db.connection().execute(async (one) => {
      for (const pragma of ['full_column_names = on', 'short_column_names = off', 'count_changes = on'])
        await sql.raw(`pragma ${pragma}`).execute(one)
    })
    const [rows, [updated]] = await pool.batch([
      db.selectFrom('note').selectAll(),
      db.updateTable('note').set({ text: 'b' }),
    ])
    expect(rows).toEqual([{ id: 1, text: 'note 1' }])
    expect(updated?.numUpdatedRows).toBe(1n)
  })

  test('a transaction inside the loop over a stream of the same connection is refused', async () => {
    const pool = await openNotes({ mode })
    await addNotes(pool, 50)
    let count = 0
    await pool.db.connection().execute(async (one) => {
      for await (const _ of one.selectFrom('note').selectAll().stream(5)) {
        if (++count !== 2) continue
        const transaction = one.transaction().execute(async () => undefined)
        expect(await rejection(transaction)).toMatchObject({ code: 'ERR_DATADIR_STREAMING' })
      }
    })
    expect(count).toBe(50)
  })
})

test('a stream does not get the reader of an aborted one while SQLite is still busy there', async () => {
  const pool = await openNotes({ readers: 2 })
  await addNotes(pool, 50)
  const executor = pool.within({ timeout: 60 }).getExecutor()
  const aborted = rejection(all(executor.stream(endlessAggregate(pool), 10)))
  await expect
    .poll(async () => (await pool.stats()).readers.some(({ state }) => state === 'leased'))
    .toBe(true)
  // The other reader has more to do, so that the busy one looks the better choice.
  const single = () => pool.query(endlessAggregate(pool)).catch(() => undefined)
  const singles = [single(), single(), single(), single()]
  expect(await aborted).toMatchObject({ outcome: 'stopped' })
  const next = [0, 1].map(() => all(pool.db.selectFrom('note').selectAll().stream(10)))
  expect((await Promise.all(next)).map(({ length }) => length)).toEqual([50, 50])
  await Promise.all(singles)
})

test('a read whose reader ends before it opens gets the error, and no further threads are started', async () => {
  const pool = await openNotes({ readers: 1 })
  let started = 0
  const end = (worker: Worker) => {
    started++
    worker.once('online', () => void worker.terminate())
  }
  process.on('worker', end)
  onTestFinished(() => void process.off('worker', end))
  const snapshot = await pool.db.startTransaction().setAccessMode('read only').execute()
  const read = pool.db.selectFrom('note').selectAll().execute()
  expect(await rejection(settled(read))).toMatchObject({ code: 'ERR_DATADIR_DATABASE_OPEN' })
  expect(started).toBe(1)
  await snapshot.rollback().execute()
})
