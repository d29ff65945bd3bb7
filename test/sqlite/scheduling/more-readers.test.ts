import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { openPool } from '../../../src/main/sqlite/open-pool.ts'
import type { Pool } from '../../../src/main/sqlite/pool.ts'
import { type PoolSettings, poolSettings } from '../../../src/main/sqlite/scheduling/pool-options.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { endlessRows, type NotesSchema, readersUp } from '../notes-pool.ts'
import { settled } from '../settled.ts'
import { startedThreads } from '../worker-threads.ts'

/** A pool of at most two readers. */
async function open(times: Partial<PoolSettings> = {}) {
  const dir = temporaryDirectory()
  const settings = { ...poolSettings({ readers: 2, closeTimeout: 500 }, dir), ...times }
  const pool = (await openPool(dir, join(dir, 'app.db'), settings, {})) as unknown as Pool<NotesSchema>
  onTestFinished(() => pool.db.destroy())
  await readersUp(pool)
  return pool
}

/** Runs a read that does not end by itself. */
function runSlowRead(pool: Pool<NotesSchema>) {
  const controller = new AbortController()
  let isRunning = true
  const over = pool
    .query(endlessRows(pool), { signal: controller.signal })
    .catch(() => undefined)
    .finally(() => {
      isRunning = false
    })
  return {
    isRunning: () => isRunning,
    stop: async () => {
      controller.abort()
      await over
    },
  }
}

function countTo({ db }: Pool<NotesSchema>, count: number) {
  return sql`
    with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})
    select count(*) as count from n`.compile(db)
}

const readerCount = async ({ stats }: Pool<NotesSchema>) => (await stats()).readers.length

test('a burst of short reads is answered by one reader', async () => {
  const threads = startedThreads()
  const pool = await open({ readPatience: 2_000 })
  const reads = Array.from({ length: 2_000 }, (_, i) => sql<{ i: number }>`select ${i} as i`.execute(pool.db))
  for (const [i, { rows }] of (await Promise.all(reads)).entries()) expect(rows).toEqual([{ i }])
  expect(threads).toHaveLength(2)
})

test('a read that waits for a slow one starts another reader, which answers it', async () => {
  const threads = startedThreads()
  const pool = await open()
  expect(await readerCount(pool)).toBe(1)
  const slow = runSlowRead(pool)
  const reads = Array.from({ length: 20 }, () => sql`select 'behind' as text`.execute(pool.db))
  for (const { rows } of await settled(Promise.all(reads))) expect(rows).toEqual([{ text: 'behind' }])
  expect(slow.isRunning()).toBe(true)
  expect(threads).toHaveLength(3)
  await slow.stop()
  // The first reader has prepared the slow statement only: it skips the reads that the other reader has answered.
  await expect
    .poll(async () => (await pool.stats()).readers.map(({ state }) => state))
    .toEqual(['idle', 'idle'])
  expect((await pool.stats()).readers[0]?.statementCache).toEqual({ hits: 0, misses: 1 })
})

test('reads behind a slow one move to the reader that is free first', async () => {
  const pool = await open()
  const earlier = runSlowRead(pool)
  await settled(sql`select 1`.execute(pool.db))
  await earlier.stop()
  const slow = runSlowRead(pool)
  const short = pool.query(countTo(pool, 300_000))
  const reads = Array.from({ length: 20 }, () => sql`select 1 as one`.execute(pool.db))
  for (const { rows } of await settled(Promise.all(reads))) expect(rows).toEqual([{ one: 1 }])
  expect(slow.isRunning()).toBe(true)
  await slow.stop()
  expect(await short).toEqual([{ count: 300_000 }])
})

test('reads with limits take no memory with them when they move to another reader', async () => {
  const pool = await open()
  const limits = { timeout: 60_000 }
  // A thread has memory for 256 such requests at a time.
  for (let round = 0; round < 3; round++) {
    const slow = runSlowRead(pool)
    const reads = Array.from({ length: 200 }, () => pool.query(sql`select 1 as one`.compile(pool.db), limits))
    for (const rows of await settled(Promise.all(reads))) expect(rows).toEqual([{ one: 1 }])
    expect(slow.isRunning()).toBe(true)
    await slow.stop()
  }
})

test('a further reader ends when it has had nothing to do for some time, and starts again', async () => {
  const pool = await open({ readerIdleTime: 50 })
  for (let round = 0; round < 2; round++) {
    const slow = runSlowRead(pool)
    await settled(sql`select 1`.execute(pool.db))
    await slow.stop()
    await expect.poll(() => readerCount(pool), { timeout: 10_000 }).toBe(1)
  }
  expect((await sql`select 1 as one`.execute(pool.db)).rows).toEqual([{ one: 1 }])
})

test('a leased reader does not end, even if it has nothing to do', async () => {
  const pool = await open({ readers: 4, readerIdleTime: 20 })
  const snapshots = [0, 1, 2].map(() => pool.db.startTransaction().setAccessMode('read only').execute())
  const [first, ...others] = await Promise.all(snapshots)
  await expect.poll(() => readerCount(pool)).toBe(4)
  await first?.commit().execute()
  await expect.poll(() => readerCount(pool)).toBe(3)
  for (const snapshot of others) {
    expect((await sql`select 1 as one`.execute(snapshot)).rows).toEqual([{ one: 1 }])
    await snapshot.commit().execute()
  }
  await expect.poll(() => readerCount(pool)).toBe(1)
})

test('a pool that closes while a further reader starts ends that reader too', async () => {
  const threads = startedThreads()
  const pool = await open()
  runSlowRead(pool)
  const behind = sql`select 1`.execute(pool.db).catch(() => undefined)
  await expect.poll(() => threads.length, { interval: 1 }).toBe(3)
  await settled(pool.db.destroy())
  await behind
  // A thread has no id any more once it has ended.
  await expect.poll(() => threads.map(({ threadId }) => threadId)).toEqual([-1, -1, -1])
})
