import { type InsertQueryBuilder, type KyselyPlugin, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Pool } from '../../../src/main/sqlite/pool.ts'
import { addNotes, endlessAggregate, endlessRows, type NotesSchema, openNotes } from '../notes-pool.ts'
import { all, deferred, type Rejection, rejection, settled } from '../settled.ts'

const aborted = { code: 'ERR_DATADIR_QUERY_ABORTED' }
const invalidOption = { code: 'ERR_DATADIR_INVALID_OPTION' }
const reason = new Error('nobody wants it')

async function count({ db }: Pool<NotesSchema>): Promise<number> {
  return (await db.selectFrom('note').select('id').execute()).length
}

/** Checks what an outcome promises about a write of this many rows. */
function expectPromise(outcome: string | undefined, found: number, written: number): void {
  const allowed: Record<string, number[]> = {
    'not-run': [0],
    stopped: [0],
    'transaction-rolled-back': [0],
    committed: [written],
    unknown: [0, written],
  }
  expect(allowed[outcome ?? ''] ?? [], `${found} rows after "${outcome}"`).toContain(found)
}

const fiftyNotes = Array.from({ length: 50 }, (_, index) => ({ text: `note ${index}` }))

/** A plugin that holds back results until they are released, and a promise that a result has reached it. */
function holdingPlugin() {
  const reached = deferred()
  const letGo = deferred()
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      reached.resolve()
      await letGo.promise
      return result
    },
  }
  return { plugin, reached: reached.promise, letGo: letGo.resolve }
}

describe.each(['threads', 'inline'] as const)('%s', (mode) => {
  test.each(['connection', 'transaction', 'db'] as const)(
    'a streamed write on a %s that is aborted between its chunks has the effect that its outcome says',
    async (place) => {
      const pool = await openNotes({ mode })
      const controller = new AbortController()
      const read = async (db: Pool<NotesSchema>['db']) => {
        const insert = db.insertInto('note').values(fiftyNotes).returningAll()
        for await (const _ of insert.stream({ chunkSize: 10, signal: controller.signal }))
          controller.abort(reason)
      }
      const { db } = pool
      const run = {
        connection: () => db.connection().execute(read),
        transaction: () => db.transaction().execute(read),
        db: () => read(db),
      }
      const error = await rejection(run[place]())
      expect(error).toMatchObject({ ...aborted, cause: reason })
      expectPromise(error.outcome, await count(pool), fiftyNotes.length)
      if (place === 'transaction') expect(error.outcome).toBe('transaction-rolled-back')
    },
  )

  test('a streamed write on a connection that is aborted before its first row changes nothing', async () => {
    const pool = await openNotes({ mode })
    const error = await rejection(
      pool.db.connection().execute(async (one) => {
        const insert = one.insertInto('note').values(fiftyNotes).returningAll()
        await all(insert.stream({ chunkSize: 10, signal: AbortSignal.abort(reason) }))
      }),
    )
    expect(error).toMatchObject({ ...aborted, outcome: 'not-run' })
    expect(await count(pool)).toBe(0)
  })

  test('connection() with an aborted signal does not call its callback', async () => {
    const { db } = await openNotes({ mode })
    let isCalled = false
    const error = await rejection(
      db.connection().execute(
        async () => {
          isCalled = true
        },
        { signal: AbortSignal.abort(reason) },
      ),
    )
    expect(error).toMatchObject({ ...aborted, outcome: 'not-run', cause: reason })
    expect(isCalled).toBe(false)
    await settled(db.insertInto('note').values({ text: 'after' }).execute())
  })

  test('a statement on a connection with an aborted signal does not run', async () => {
    const pool = await openNotes({ mode })
    await pool.db.connection().execute(async (one) => {
      await one.selectFrom('note').selectAll().execute()
      const insert = one.insertInto('note').values({ text: 'a' })
      const error = await rejection(insert.execute({ signal: AbortSignal.abort(reason) }))
      expect(error).toMatchObject({ ...aborted, outcome: 'not-run', cause: reason })
    })
    expect(await count(pool)).toBe(0)
  })

  test.each(['db', 'connection', 'transaction', 'snapshot'] as const)(
    'a stream on a %s that is aborted in its last chunk rejects',
    async (place) => {
      const pool = await openNotes({ mode })
      await addNotes(pool, 10)
      const controller = new AbortController()
      const read = async (db: Pool<NotesSchema>['db']) => {
        const stream = db.selectFrom('note').selectAll().stream({ chunkSize: 100, signal: controller.signal })
        for await (const _ of stream) controller.abort(reason)
      }
      const { db } = pool
      const run = {
        db: () => read(db),
        connection: () => db.connection().execute(read),
        transaction: () => db.transaction().execute(read),
        snapshot: () => db.transaction().setAccessMode('read only').execute(read),
      }
      expect(await rejection(run[place]())).toMatchObject({ ...aborted, cause: reason })
    },
  )

  test('a read that is aborted while a plugin transforms its result rejects', async () => {
    const pool = await openNotes({ mode })
    const { plugin, reached, letGo } = holdingPlugin()
    const controller = new AbortController()
    const ended = rejection(
      pool.db.withPlugin(plugin).selectFrom('note').selectAll().execute({ signal: controller.signal }),
    )
    await reached
    controller.abort(reason)
    expect(await ended).toMatchObject({ ...aborted, outcome: 'stopped', cause: reason })
    letGo()
  })

  test('a read whose timeout expires while a plugin transforms its result rejects', async () => {
    const pool = await openNotes({ mode })
    const { plugin, letGo } = holdingPlugin()
    const limited = pool.within({ timeout: 100 }).withPlugin(plugin)
    expect(await rejection(limited.selectFrom('note').selectAll().execute())).toMatchObject(aborted)
    letGo()
  })

  test('a write that is aborted while a plugin transforms its result says that it is committed', async () => {
    const pool = await openNotes({ mode })
    const { plugin, reached, letGo } = holdingPlugin()
    const controller = new AbortController()
    const insert = pool.db.withPlugin(plugin).insertInto('note').values({ text: 'a' })
    const ended = rejection(insert.execute({ signal: controller.signal }))
    await reached
    controller.abort(reason)
    expect(await ended).toMatchObject({ ...aborted, outcome: 'committed', cause: reason })
    letGo()
    expect(await count(pool)).toBe(1)
  })

  test('a write in a transaction that is aborted while a plugin transforms its result rolls back the transaction', async () => {
    const pool = await openNotes({ mode })
    const { plugin, reached, letGo } = holdingPlugin()
    const controller = new AbortController()
    const transaction = pool.db.transaction().execute(async (trx) => {
      await trx.insertInto('note').values({ text: 'before' }).execute()
      const insert = trx.withPlugin(plugin).insertInto('note').values({ text: 'a' })
      const ended = rejection(insert.execute({ signal: controller.signal }))
      await reached
      controller.abort(reason)
      expect(await ended).toMatchObject({ ...aborted, outcome: 'transaction-rolled-back' })
    })
    expect(await rejection(transaction)).toMatchObject({ code: 'ERR_DATADIR_TRANSACTION_LOST' })
    letGo()
    expect(await count(pool)).toBe(0)
  })

  test('a stream that is aborted while a plugin transforms a chunk rejects and gives its reader back', async () => {
    const pool = await openNotes({ mode, readers: 1 })
    await addNotes(pool, 100)
    const { plugin, reached, letGo } = holdingPlugin()
    const controller = new AbortController()
    const stream = pool.db
      .withPlugin(plugin)
      .selectFrom('note')
      .selectAll()
      .stream({ chunkSize: 10, signal: controller.signal })
    const ended = rejection(all(stream))
    await reached
    controller.abort(reason)
    expect(await ended).toMatchObject({ ...aborted, cause: reason })
    expect(await settled(count(pool))).toBe(100)
    letGo()
  })

  test.each([
    ['insert', "with n (t) as (values ('raw')) insert into note (text) select t from n"],
    [
      'insert behind a comment',
      "/* first */ with n (t) as (values ('raw')) insert into note (text) select t from n",
    ],
    [
      'insert with returning',
      "with n (t) as (values ('raw')) insert into note (text) select t from n returning id",
    ],
    ['replace', "with n (t) as (values ('raw')) replace into note (text) select t from n"],
  ])('a raw with … %s is not overtaken by a write that was called after it', async (_, text) => {
    const pool = await openNotes({ mode })
    await Promise.all([
      sql.raw(text).execute(pool.db),
      pool.db.insertInto('note').values({ text: 'built' }).execute(),
    ])
    const rows = await pool.db.selectFrom('note').select('text').orderBy('id').execute()
    expect(rows).toEqual([{ text: 'raw' }, { text: 'built' }])
  })

  test.each([
    ['update', "with n (t) as (values ('raw')) update note set text = (select t from n)", ['raw', 'built']],
    ['delete', 'with n (i) as (values (1)) delete from note where (select i from n) = 1', ['built']],
  ])('a raw with … %s is not overtaken by an insert that was called after it', async (_, text, expected) => {
    const pool = await openNotes({ mode })
    await pool.db.insertInto('note').values({ text: 'old' }).execute()
    await Promise.all([
      sql.raw(text).execute(pool.db),
      pool.db.insertInto('note').values({ text: 'built' }).execute(),
    ])
    const rows = await pool.db.selectFrom('note').select('text').orderBy('id').execute()
    expect(rows.map((row) => row.text)).toEqual(expected)
  })

  test('whenever writes are aborted, the database matches their outcomes', async () => {
    const pool = await openNotes({ mode })
    const { db, query, batch } = pool
    const seen = new Map<string, number>()
    const results: { id: number; outcome: string; rows: number }[] = []
    const run = async (id: number, rows: number, write: (signal: AbortSignal) => Promise<unknown>) => {
      const controller = new AbortController()
      const written = write(controller.signal)
      // From the same tick to some turns of the event loop later, to abort at every stage.
      for (let turn = 0; turn < id % 7; turn++) await new Promise((resolve) => setImmediate(resolve))
      controller.abort(reason)
      const outcome = await settled(
        written.then(
          () => 'committed',
          (error: Rejection) => error.outcome ?? String(error),
        ),
      )
      results.push({ id, outcome, rows })
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
    }
    const noteOf = (id: number) => db.insertInto('note').values({ text: String(id) })
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 28 }, (_, index) => {
          const id = round * 28 + index
          if (index % 4 === 0) return run(id, 1, (signal) => query(noteOf(id), { signal }))
          if (index % 4 === 1) return run(id, 2, (signal) => batch([noteOf(id), noteOf(id)], { signal }))
          if (index % 4 === 2) return run(id, 1, (signal) => noteOf(id).returningAll().execute({ signal }))
          return run(id, 1, (signal) => db.connection().execute((one) => onOne(one, id).execute({ signal })))
        }),
      )
    }
    for (const { id, outcome, rows } of results) {
      const found = await db.selectFrom('note').select('id').where('text', '=', String(id)).execute()
      expectPromise(outcome, found.length, rows)
    }
    expect(seen.size).toBeGreaterThan(0)
  })

  test('an aborted query with the strategy to ignore it has not run if it waited for the writer', async () => {
    const pool = await openNotes({ mode })
    const trx = await pool.db.startTransaction().execute()
    const controller = new AbortController()
    const ended = rejection(
      pool.db
        .insertInto('note')
        .values({ text: 'a' })
        .execute({ signal: controller.signal, inflightQueryAbortStrategy: 'ignore query' }),
    )
    await expect.poll(async () => (await pool.stats()).waiting.forWriter).toBe(1)
    controller.abort(reason)
    expect(await ended).toMatchObject({ ...aborted, outcome: 'not-run', cause: reason })
    await trx.commit().execute()
    await pool.db.insertInto('note').values({ text: 'after' }).execute()
    expect(await pool.db.selectFrom('note').select('text').execute()).toEqual([{ text: 'after' }])
  })

  test.each(['kill session', 'kill', '', 'cancel'])(
    'the abort strategy "%s" is refused, and nothing is run',
    async (strategy) => {
      const pool = await openNotes({ mode })
      const { signal } = new AbortController()
      const options = { signal, inflightQueryAbortStrategy: strategy as 'kill session' }
      const insert = (db: Pool<NotesSchema>['db']) =>
        db.insertInto('note').values({ text: 'a' }).execute(options)
      expect(await rejection(insert(pool.db))).toMatchObject(invalidOption)
      expect(await rejection(insert(pool.within({ timeout: 5_000 })))).toMatchObject(invalidOption)
      expect(await rejection(pool.db.connection().execute(insert))).toMatchObject(invalidOption)
      expect(await rejection(pool.db.transaction().execute(insert))).toMatchObject(invalidOption)
      expect(await count(pool)).toBe(0)
      await insertedWith(pool.db.insertInto('note').values({ text: 'b' }), 'cancel query')
      await insertedWith(pool.db.insertInto('note').values({ text: 'c' }), 'ignore query')
      expect(await count(pool)).toBe(2)
    },
  )
})

function onOne(db: Pool<NotesSchema>['db'], id: number) {
  return db.insertInto('note').values({ text: String(id) })
}

async function insertedWith(
  insert: InsertQueryBuilder<NotesSchema, 'note', unknown>,
  inflightQueryAbortStrategy: 'cancel query' | 'ignore query',
): Promise<void> {
  const { signal } = new AbortController()
  await (insert as { execute(options: object): Promise<unknown> }).execute({
    signal,
    inflightQueryAbortStrategy,
  })
}

/** An insert of one note that takes the writer about a second. */
function slowInsert(pool: Pool<NotesSchema>) {
  const { sql: aggregate, parameters } = endlessAggregate(pool)
  const insert = sql`insert into note (text) values ('slow')`.compile(pool.db)
  return { ...insert, sql: `insert into note (text) select i from (${aggregate})`, parameters }
}

async function writerIsBusy({ stats }: Pool<NotesSchema>): Promise<void> {
  await expect.poll(async () => (await stats()).writer.inHand).toBeGreaterThan(0)
}

test('a running write with the strategy to ignore it continues, and its outcome is unknown', async () => {
  const pool = await openNotes()
  const controller = new AbortController()
  const ended = rejection(
    pool.db.executeQuery(slowInsert(pool), {
      signal: controller.signal,
      inflightQueryAbortStrategy: 'ignore query',
    }),
  )
  await writerIsBusy(pool)
  controller.abort(reason)
  expect(await ended).toMatchObject({ ...aborted, outcome: 'unknown', cause: reason })
  await pool.db.insertInto('note').values({ text: 'after' }).execute()
  expect(await count(pool)).toBe(2)
})

test.each(['cancel query', undefined] as const)(
  'a running write that is aborted with the strategy %j changes nothing',
  async (strategy) => {
    const pool = await openNotes()
    const controller = new AbortController()
    const ended = rejection(
      pool.db.executeQuery(slowInsert(pool), {
        signal: controller.signal,
        ...(strategy && { inflightQueryAbortStrategy: strategy }),
      }),
    )
    await writerIsBusy(pool)
    controller.abort(reason)
    const error = await ended
    expect(error).toMatchObject(aborted)
    expect(['stopped', 'not-run']).toContain(error.outcome)
    await pool.db.insertInto('note').values({ text: 'after' }).execute()
    expect(await count(pool)).toBe(1)
  },
)

test('a streamed write that is aborted while the writer runs it changes nothing', async () => {
  const pool = await openNotes()
  const controller = new AbortController()
  const { sql: rows, parameters } = endlessRows(pool)
  const ended = rejection(
    pool.db.connection().execute(async (one) => {
      const insert = one.insertInto('note').values({ text: 'a' }).returningAll().compile()
      const slow = {
        ...insert,
        sql: `insert into note (text) select count(*) from (${rows} limit 6000000) returning *`,
        parameters,
      }
      const executor = one.getExecutor()
      await all(executor.stream(slow, 10, { signal: controller.signal }))
    }),
  )
  await writerIsBusy(pool)
  controller.abort(reason)
  const error = await ended
  expect(error).toMatchObject(aborted)
  await pool.db.insertInto('note').values({ text: 'after' }).execute()
  expectPromise(error.outcome, (await count(pool)) - 1, 1)
})
