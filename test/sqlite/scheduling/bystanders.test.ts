import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { seededRandom, wholeNumber } from '../../../chaos/random.mjs'
import { QueryAbortedError } from '../../../src/main/sqlite/errors/query-errors.ts'
import type { Pool } from '../../../src/main/sqlite/pool.ts'
import { addNotes, type NotesSchema, openNotes } from '../notes-pool.ts'
import { all, settled } from '../settled.ts'

// The long mode: BYSTANDER_ROUNDS=5000 npm test -- unit test/sqlite/scheduling/bystanders.test.ts, BYSTANDER_SEED for other runs.
const rounds = Number(process.env.BYSTANDER_ROUNDS ?? 40)
const random = seededRandom(Number(process.env.BYSTANDER_SEED ?? 3))
const notes = 300
const longestRun = 60_000 + rounds * 1_000

/** A statement with a row for each step, or with one row at the end, which is longer than an aborted reader may take. */
function slow({ db }: Pool<NotesSchema>) {
  const isAggregate = random() < 0.5
  const what = isAggregate ? sql`count(*)` : sql`i`
  const steps = wholeNumber(random, 1_000, isAggregate ? 1_500_000 : 50_000)
  return sql`
    with recursive n (i) as (select 1 union all select i + 1 from n where i < ${steps})
    select ${what} as i from n`.compile(db)
}

/** One of the ways to use a connection, which its limits may end at any moment. */
async function useWithLimits(pool: Pool<NotesSchema>): Promise<void> {
  const limited = pool.within({ timeout: wholeNumber(random, 0, 30) })
  const query = slow(pool)
  const ways = [
    () => limited.executeQuery(query),
    () => all(limited.getExecutor().stream(query, 100)),
    () => limited.transaction().execute((trx) => trx.executeQuery(query)),
    () =>
      limited
        .transaction()
        .setAccessMode('read only')
        .execute((trx) => trx.executeQuery(query)),
    () => limited.connection().execute((one) => all(one.getExecutor().stream(query, 100))),
    () => limited.insertInto('note').values({ text: 'limited' }).execute(),
  ]
  await ways[wholeNumber(random, 0, ways.length - 1)]?.().catch((error: unknown) => {
    if (!(error instanceof QueryAbortedError)) throw error
  })
}

/** One of the ways to use a connection without limits: nothing ends it, and it sees every row. */
async function useWithoutLimits({ db }: Pool<NotesSchema>): Promise<void> {
  const select = (from = db) => from.selectFrom('note').selectAll().where('id', '<=', notes)
  const ways = [
    () => select().execute(),
    () => all(select().stream(48)),
    () =>
      db
        .transaction()
        .setAccessMode('read only')
        .execute((trx) => select(trx).execute()),
    () => db.transaction().execute((trx) => select(trx).execute()),
  ]
  expect(await ways[wholeNumber(random, 0, ways.length - 1)]?.()).toHaveLength(notes)
}

test(
  'whatever is aborted, the queries of others get every row, and nothing waits without end',
  async () => {
    const rejections: unknown[] = []
    const note = (error: unknown) => rejections.push(error)
    process.on('unhandledRejection', note)
    onTestFinished(() => void process.off('unhandledRejection', note))
    const pool = await openNotes({ readers: 2 })
    await addNotes(pool, notes)
    const repeat = async (use: (on: Pool<NotesSchema>) => Promise<void>) => {
      for (let round = 0; round < rounds; round++) await settled(use(pool), 20_000)
    }
    await Promise.all([useWithLimits, useWithLimits, useWithoutLimits, useWithoutLimits].map(repeat))
    const isIdle = async () => {
      const { writer, readers } = await pool.stats()
      return readers.length > 0 && [writer, ...readers].every(({ state }) => state === 'idle')
    }
    // In place of the last reader that was given up, another one starts.
    await expect.poll(isIdle).toBe(true)
    expect(rejections).toEqual([])
  },
  longestRun,
)
