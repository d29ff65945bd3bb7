import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Kysely, sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { QueryLimits } from '../../../src/main/sqlite/links/query-limits.ts'
import type { ConnectOptions, Pool } from '../../../src/main/sqlite/pool.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { addNotes, endlessAggregate, type NotesSchema, openNotes } from '../notes-pool.ts'
import { all, deferred, rejection, settled } from '../settled.ts'

const invalidParameter = { code: 'ERR_DATADIR_INVALID_PARAMETER' }
const aborted = { code: 'ERR_DATADIR_QUERY_ABORTED' }
const released = { code: 'ERR_DATADIR_CONNECTION_RELEASED' }

/** A view on memory that was transferred to another thread. */
function detached<View extends ArrayBufferView>(view: View): View {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] })
  return view
}

const detachedViews: [kind: string, make: () => ArrayBufferView][] = [
  ['Uint8Array', () => detached(new Uint8Array(8))],
  ['Float64Array', () => detached(new Float64Array(1))],
  ['DataView', () => detached(new DataView(new ArrayBuffer(8)))],
]

/** Runs a script next to this file. @returns its output, and its exit code or signal. */
async function runScript(name: string, mode: string): Promise<{ printed: string; end: unknown }> {
  const script = resolve(import.meta.dirname, name)
  const child = spawn(process.execPath, [script, temporaryDirectory(), mode], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  // A process that hangs fails the test below. It must not outlive the test.
  const overdue = setTimeout(() => child.kill('SIGKILL'), 240_000)
  onTestFinished(() => void child.kill('SIGKILL'))
  const [printed, [code, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  clearTimeout(overdue)
  return { printed, end: code ?? signal }
}

/** Leases the writer until the test ends. */
async function holdWriter({ db }: Pool<NotesSchema>) {
  const holder = await db.startTransaction().execute()
  let isHeld = true
  const giveBack = async () => {
    if (isHeld) await holder.rollback().execute()
    isHeld = false
  }
  onTestFinished(giveBack)
  return giveBack
}

/** Leases every possible reader until the test ends, and waits for one more. */
async function holdReaders({ db, stats }: Pool<NotesSchema>): Promise<void> {
  const leases: Promise<{ rollback(): { execute(): Promise<void> } }>[] = []
  onTestFinished(async () => {
    for (const lease of leases) await (await lease).rollback().execute()
  })
  for (;;) {
    let isGranted = false
    const lease = db.startTransaction().setAccessMode('read only').execute()
    leases.push(lease)
    lease.then(
      () => {
        isGranted = true
      },
      () => undefined,
    )
    const isWaiting = async () => {
      const { readers, waiting } = await stats()
      return waiting.forReader > 0 && readers.every(({ state }) => state !== 'starting')
    }
    await expect.poll(async () => isGranted || (await isWaiting()), { timeout: 10_000 }).toBe(true)
    if (!isGranted) return
  }
}

describe.each(['threads', 'inline'] as const)('%s', (mode) => {
  const open = (options: Partial<ConnectOptions> = {}) => openNotes({ mode, closeTimeout: 500, ...options })

  test.each(detachedViews)('a detached %s fails alone', async (_, make) => {
    const { db, query, batch } = await open()
    const insert = (words: unknown) => sql`insert into note (text) values (${words})`
    const failing = [
      rejection(insert(make()).execute(db)),
      rejection(sql`select ${make()}`.execute(db)),
      rejection(query(insert(make()).compile(db))),
      rejection(query(sql`select ${make()}`.compile(db), { timeout: 5_000 })),
      rejection(batch([insert('in the batch').compile(db), insert(make()).compile(db)])),
      rejection(all(db.selectFrom('note').select(sql`${make()}`.as('bytes')).stream())),
    ]
    const others = [
      insert('beside').execute(db),
      batch([insert('in a batch beside').compile(db)]),
      sql`select 1`.execute(db),
      all(db.selectFrom('note').selectAll().stream()),
    ]
    await settled(Promise.all(others))
    for (const error of await Promise.all(failing)) expect(error).toMatchObject(invalidParameter)
    const texts = (await db.selectFrom('note').select('text').execute()).map((row) => row.text)
    expect(texts.sort()).toEqual(['beside', 'in a batch beside'])
  })

  test.each(detachedViews)('a detached %s fails alone on a leased connection', async (_, make) => {
    const { db } = await open()
    const insert = (on: Kysely<NotesSchema>, words: unknown) =>
      sql`insert into note (text) values (${words})`.execute(on)
    for (const lease of [db.connection(), db.transaction()]) {
      const done = lease.execute(async (one) => {
        const failed = rejection(insert(one, make()))
        const other = insert(one, 'beside')
        expect(await failed).toMatchObject(invalidParameter)
        await settled(other)
      })
      await settled(done)
    }
    expect(await db.selectFrom('note').select('text').execute()).toHaveLength(2)
  })

  test('a parameter that is detached right after the call does not affect other queries', async () => {
    const { db } = await open()
    const bytes = new Uint8Array(8)
    const either = sql`select length(${bytes})`.execute(db).catch((error: unknown) => error)
    const others = [db.insertInto('note').values({ text: 'a' }).execute(), sql`select 1`.execute(db)]
    detached(bytes)
    await settled(Promise.all(others))
    await settled(either)
  })

  test('more than 1e9 bytes of parameters in a batch are refused, and other queries of the tick are not', async () => {
    const { db, batch } = await open()
    const memory = new ArrayBuffer(100_000_000)
    const part = () => sql`select length(${new Uint8Array(memory)}) as bytes`.compile(db)
    const refused = rejection(batch(Array.from({ length: 11 }, part)))
    const insert = db.insertInto('note').values({ text: 'beside' }).execute()
    expect(await refused).toMatchObject(invalidParameter)
    await settled(insert)
    expect(await db.selectFrom('note').select('text').execute()).toEqual([{ text: 'beside' }])
  })

  test('hundreds of megabytes of parameters in one tick all arrive', async () => {
    const { printed, end } = await runScript('heavy-parameters.mjs', mode)
    expect({ printed: printed.trim(), end }).toEqual({ printed: '[{"count":30,"sum":600000000}]', end: 0 })
    // It touches gigabytes of memory, and a page fault of a virtual machine may take 30 µs.
  }, 300_000)

  test('a stream whose chunk size is not a whole number, 1 or greater, is refused at its first row', async () => {
    const { printed, end } = await runScript('stream-sizes.mjs', mode)
    const expected = ['0', '-1', '1.5', 'Infinity', 'NaN'].flatMap((size) =>
      ['db', 'transaction', 'snapshot', 'connection'].map(
        (place) => `${place} ${size}: ERR_DATADIR_INVALID_OPTION`,
      ),
    )
    expect(printed.trim().split('\n')).toEqual(expected)
    expect(end).toBe(0)
  })

  test('a missing await inside connection() does not keep the writer, even if the writer was busy', async () => {
    const pool = await open()
    const { db } = pool
    const giveBack = await holdWriter(pool)
    let forgotten: Promise<unknown> = Promise.resolve()
    const called = deferred()
    const connection = db.connection().execute(async (one) => {
      forgotten = one.insertInto('note').values({ text: 'forgotten' }).execute()
      forgotten.catch(() => undefined)
      called.resolve()
    })
    // Either the callback runs at once and its statement waits, or the callback itself waits.
    await Promise.race([called.promise, expect.poll(() => waitingIn(pool)).toBe(1)])
    await giveBack()
    await settled(connection)
    await settled(db.insertInto('note').values({ text: 'after' }).execute())
    expect(await rejection(forgotten)).toMatchObject(released)
    expect(await db.selectFrom('note').select('text').execute()).toEqual([{ text: 'after' }])
  })

  test('a connection cannot be used after its callback has ended', async () => {
    const { db } = await open()
    const kept: Kysely<NotesSchema>[] = []
    await db.connection().execute(async (one) => void kept.push(one))
    await db.connection().execute(async (one) => {
      await one.selectFrom('note').selectAll().execute()
      kept.push(one)
    })
    for (const one of kept) {
      expect(await rejection(one.insertInto('note').values({ text: 'late' }).execute())).toMatchObject(
        released,
      )
      expect(await rejection(one.transaction().execute(async () => undefined))).toMatchObject(released)
      expect(await rejection(all(one.selectFrom('note').selectAll().stream()))).toMatchObject(released)
    }
    await settled(db.insertInto('note').values({ text: 'after' }).execute())
    expect(await db.selectFrom('note').select('text').execute()).toEqual([{ text: 'after' }])
  })

  /** Each of these leases a connection. The limits come from `within()` or from the call. */
  const leasing: [
    what: string,
    role: 'writer' | 'reader',
    run: (pool: Pool<NotesSchema>, limits: QueryLimits) => Promise<unknown>,
  ][] = [
    [
      'a stream in limits',
      'reader',
      ({ within }, limits) => all(within(limits).selectFrom('note').selectAll().stream()),
    ],
    [
      'a stream with a signal',
      'reader',
      ({ db }, limits) =>
        all(
          db
            .selectFrom('note')
            .selectAll()
            .stream({ chunkSize: 10, signal: signalOf(limits) }),
        ),
    ],
    [
      'a read-only transaction in limits',
      'reader',
      ({ within }, limits) =>
        within(limits)
          .transaction()
          .setAccessMode('read only')
          .execute((trx) => trx.selectFrom('note').selectAll().execute()),
    ],
    [
      'a transaction in limits',
      'writer',
      ({ within }, limits) =>
        within(limits)
          .transaction()
          .execute((trx) => trx.insertInto('note').values({ text: 'late' }).execute()),
    ],
    [
      'a controlled transaction in limits',
      'writer',
      async ({ within }, limits) => {
        const trx = await within(limits).startTransaction().execute()
        await trx.rollback().execute()
      },
    ],
    [
      'connection() in limits',
      'writer',
      ({ within }, limits) =>
        within(limits)
          .connection()
          .execute((one) => one.insertInto('note').values({ text: 'late' }).execute()),
    ],
    [
      'connection() with a signal',
      'writer',
      ({ db }, limits) =>
        db.connection().execute((one) => one.insertInto('note').values({ text: 'late' }).execute(), {
          signal: signalOf(limits),
        }),
    ],
    [
      'a stream on connection() in limits',
      'writer',
      ({ within }, limits) =>
        within(limits)
          .connection()
          .execute((one) => all(one.selectFrom('note').selectAll().stream())),
    ],
  ]

  test.each(leasing)('%s is ended by its timeout while it waits for a %s', async (_, role, run) => {
    const pool = await open({ readers: 1 })
    await (role === 'writer' ? holdWriter(pool) : holdReaders(pool))
    const before = await waitingIn(pool)
    expect(await rejection(run(pool, { timeout: 50 }))).toMatchObject({ ...aborted, outcome: 'not-run' })
    expect(await waitingIn(pool)).toBe(before)
  })

  test.each(leasing)('%s is ended by its signal while it waits for a %s', async (_, role, run) => {
    const pool = await open({ readers: 1 })
    await (role === 'writer' ? holdWriter(pool) : holdReaders(pool))
    const before = await waitingIn(pool)
    const controller = new AbortController()
    const reason = new Error('nobody wants it')
    const ended = rejection(run(pool, { signal: controller.signal }))
    await expect.poll(() => waitingIn(pool)).toBe(before + 1)
    controller.abort(reason)
    expect(await ended).toMatchObject({ ...aborted, outcome: 'not-run', cause: reason })
    expect(await waitingIn(pool)).toBe(before)
  })

  test('an aborted wait for a lease does not block other callers', async () => {
    const pool = await open()
    const giveBack = await holdWriter(pool)
    const ended = rejection(
      pool
        .within({ timeout: 50 })
        .connection()
        .execute((one) => one.insertInto('note').values({ text: 'late' }).execute()),
    )
    const behind = pool.db
      .transaction()
      .execute((trx) => trx.insertInto('note').values({ text: 'behind' }).execute())
    expect(await ended).toMatchObject(aborted)
    await giveBack()
    await settled(behind)
    expect(await pool.db.selectFrom('note').select('text').execute()).toEqual([{ text: 'behind' }])
  })
})

function signalOf({ signal, timeout }: QueryLimits): AbortSignal {
  return signal ?? AbortSignal.timeout(timeout ?? 0)
}

/** How many queries and leases wait for a connection. */
async function waitingIn({ stats }: Pool<NotesSchema>): Promise<number> {
  const { waiting } = await stats()
  return waiting.forWriter + waiting.forReader
}

test('a thousand pending writes all end at their limit, and none of them runs', async () => {
  const pool = await openNotes()
  const { db, query } = pool
  await addNotes(pool, 1)
  const { sql: aggregate, parameters } = endlessAggregate(pool)
  // The writer is in SQLite with this one until long after the abort.
  const slow = query({
    ...sql`update note set text = 'slow'`.compile(db),
    sql: `update note set text = (select i from (${aggregate}))`,
    parameters,
  })
  await expect.poll(async () => (await pool.stats()).writer.inHand).toBe(1)
  const controller = new AbortController()
  const writes = Array.from({ length: 1_000 }, () =>
    rejection(query(db.insertInto('note').values({ text: 'late' }), { signal: controller.signal })),
  )
  await expect
    .poll(async () => {
      const { writer, waiting } = await pool.stats()
      return writer.inHand + waiting.forWriter
    })
    .toBe(1_001)
  controller.abort()
  for (const error of await Promise.all(writes))
    expect(error).toMatchObject({ ...aborted, outcome: 'not-run' })
  await slow
  expect(await db.selectFrom('note').select('id').execute()).toHaveLength(1)
})
