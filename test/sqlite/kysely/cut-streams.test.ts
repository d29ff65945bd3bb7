import { type KyselyPlugin, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { addNotes, openNotes } from '../notes-pool.ts'
import { all, rejection } from '../settled.ts'

const rows = 100

// A stream that ends without an error has given every row: to a loop, a cursor that was closed looks like the end.
describe.each(['threads', 'inline'] as const)('%s', (mode) => {
  test.each(['read only', 'read write'] as const)(
    'a stream whose %s transaction is committed in its loop rejects',
    async (access) => {
      const pool = await openNotes({ mode })
      await addNotes(pool, rows)
      const trx = await pool.db.startTransaction().setAccessMode(access).execute()
      const seen: number[] = []
      const loop = async () => {
        for await (const { id } of trx.selectFrom('note').selectAll().stream(5)) {
          seen.push(id)
          if (seen.length === 3) await trx.commit().execute()
        }
      }
      expect(await rejection(loop())).toMatchObject({ code: 'ERR_DATADIR_CONNECTION_RELEASED' })
      expect(seen.length).toBeLessThan(rows)
    },
  )

  test('a stream that outlives its connection() rejects, and leaves no cursor open on the writer', async () => {
    const pool = await openNotes({ mode })
    await addNotes(pool, rows)
    const stream = await pool.db.connection().execute(async (one) => {
      const iterator = one.selectFrom('note').selectAll().stream(5)[Symbol.asyncIterator]()
      await iterator.next()
      return { rest: () => all({ [Symbol.asyncIterator]: () => iterator }) }
    })
    await pool.db.insertInto('note').values({ text: 'after' }).execute()
    expect(await rejection(stream.rest())).toMatchObject({ code: 'ERR_DATADIR_CONNECTION_RELEASED' })
  })

  test('a streamed write that is aborted while a plugin transforms a chunk is committed', async () => {
    const pool = await openNotes({ mode })
    const controller = new AbortController()
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        controller.abort()
        await new Promise((resolve) => setTimeout(resolve, 1_000))
        return result
      },
    }
    const insert = pool.db.withPlugin(plugin).insertInto('note').values({ text: 'a' }).returningAll()
    const streaming = all(insert.stream({ chunkSize: 1, signal: controller.signal }))
    expect(await rejection(streaming)).toMatchObject({ outcome: 'committed' })
    expect(await pool.db.selectFrom('note').select('text').execute()).toEqual([{ text: 'a' }])
  })

  test('a savepoint in the loop over a stream is refused, and the stream gives every row', async () => {
    const pool = await openNotes({ mode })
    await addNotes(pool, rows)
    const trx = await pool.db.startTransaction().execute()
    let count = 0
    for await (const _ of trx.selectFrom('note').selectAll().stream(5)) {
      count++
      if (count === 3)
        expect(await rejection(trx.savepoint('one').execute())).toMatchObject({
          code: 'ERR_DATADIR_STREAMING',
        })
    }
    expect(count).toBe(rows)
    await trx.rollback().execute()
  })

  test('a stream whose transaction is lost to an abort in its loop rejects with the reason', async () => {
    const pool = await openNotes({ mode })
    await addNotes(pool, rows)
    const trx = await pool.db.startTransaction().execute()
    // Inline it runs to its end. A thread runs it until it is aborted, which each row allows.
    const last = mode === 'inline' ? 300_000 : Number.MAX_SAFE_INTEGER
    const loop = async () => {
      let count = 0
      for await (const _ of trx.selectFrom('note').selectAll().stream(5)) {
        if (++count !== 3) continue
        const controller = new AbortController()
        const slow = sql`
          with recursive n (i) as (select 1 union all select i + 1 from n where i < ${last})
          select i from n where i % 1000 = 0`.execute(trx, { signal: controller.signal })
        setTimeout(() => controller.abort(), 20)
        await slow.catch(() => undefined)
      }
      return count
    }
    // Inline, the statement is over before the signal can abort.
    if (mode === 'inline') expect(await loop()).toBe(rows)
    else expect(await rejection(loop())).toMatchObject({ code: 'ERR_DATADIR_TRANSACTION_LOST' })
    await trx.rollback().execute()
  })
})
