import { once } from 'node:events'
import { join } from 'node:path'
import { MessageChannel, type Worker } from 'node:worker_threads'
import { type Kysely, sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { BackupFailedError } from '../../../src/main/sqlite/errors/backup-errors.ts'
import { MigrationFailedError } from '../../../src/main/sqlite/errors/open-errors.ts'
import { WorkerLostError } from '../../../src/main/sqlite/errors/query-errors.ts'
import { HousekeepingClient } from '../../../src/main/sqlite/housekeeping/housekeeping-client.ts'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect, type Pool, release } from '../../../src/main/sqlite/pool.ts'
import { isFree } from '../../support/processes.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { addNotes, endlessRows, type NotesSchema, openNotes, readersUp } from '../notes-pool.ts'
import { startedThreads } from '../worker-threads.ts'

/** A result that no heap of 64 MiB holds. */
function hugeResult({ db }: Pool<NotesSchema>) {
  return sql`
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 3000000)
    select i, 'row ' || i as text from n`.compile(db)
}

async function worksAgain(pool: Pool<NotesSchema>): Promise<void> {
  await pool.db.insertInto('note').values({ text: 'works' }).execute()
  expect(await pool.db.selectFrom('note').select('text').where('text', '=', 'works').execute()).toHaveLength(
    1,
  )
  await readersUp(pool)
}

test('a result that is too large for a reader ends the reader, not the process', async () => {
  const pool = await openNotes({ readers: 2, heapLimit: 64 })
  const error = await thrownBy(WorkerLostError, () => pool.query(hugeResult(pool)))
  expect(error.role).toBe('reader')
  await worksAgain(pool)
  expect((await pool.stats()).readers).toHaveLength(1)
})

test('a result that is too large for the writer ends its transaction, not the process', async () => {
  const pool = await openNotes({ heapLimit: 64 })
  await thrownBy(WorkerLostError, () =>
    pool.db.transaction().execute(async (trx) => {
      await trx.insertInto('note').values({ text: 'lost with it' }).execute()
      await trx.executeQuery(hugeResult(pool))
    }),
  )
  await worksAgain(pool)
  expect(await pool.db.selectFrom('note').select('text').execute()).toEqual([{ text: 'works' }])
})

test('a reader that ends is replaced, and another reader answers the reads that waited there', async () => {
  const threads = startedThreads()
  const pool = await openNotes({ readers: 1 })
  await addNotes(pool, 3)
  const running = thrownBy(WorkerLostError, () => pool.query(endlessRows(pool)))
  const waiting = Promise.all(
    Array.from({ length: 20 }, () => pool.db.selectFrom('note').selectAll().execute()),
  )
  await new Promise((resolve) => setTimeout(resolve, 100))
  await threads[1]?.terminate()
  expect((await running).sql).toContain('with recursive')
  expect((await waiting).every((rows) => rows.length === 3)).toBe(true)
  await worksAgain(pool)
})

test('if a writer ends, its transaction is lost, and the next writer works', async () => {
  const threads = startedThreads()
  const pool = await openNotes()
  const { db } = pool
  const waiting = { done: false }
  const lost = thrownBy(WorkerLostError, () =>
    db.transaction().execute(async (trx) => {
      await trx.insertInto('note').values({ text: 'uncommitted' }).execute()
      await threads[0]?.terminate()
      await trx.insertInto('note').values({ text: 'never run' }).execute()
    }),
  )
  const queued = db
    .insertInto('note')
    .values({ text: 'queued' })
    .execute()
    .then(() => {
      waiting.done = true
    })
  expect((await lost).role).toBe('writer')
  await queued
  expect(await db.selectFrom('note').select('text').execute()).toEqual([{ text: 'queued' }])
  await worksAgain(pool)
})

test('closing while the writer is started again ends the new writer too', async () => {
  const threads = startedThreads()
  const { dir } = await openNotes()
  const before = threads.length
  await threads[0]?.terminate()
  await release(dir)
  const later = threads.slice(before)
  expect(later).toHaveLength(1)
  // A thread has no id any more once it has ended.
  expect(later.map(({ threadId }) => threadId)).toEqual([-1])
})

test("an error of the app's own comes out of a transaction whose thread has ended meanwhile", async () => {
  const threads = startedThreads()
  const pool = await openNotes()
  const transaction = pool.db.transaction().execute(async (trx) => {
    await trx.insertInto('note').values({ text: 'gone' }).execute()
    await threads[0]?.terminate()
    throw new Error('something else')
  })
  await expect(transaction).rejects.toThrow('something else')
  await worksAgain(pool)
})

test('a stream whose reader ends throws', async () => {
  const threads = startedThreads()
  const pool = await openNotes({ readers: 2 })
  await addNotes(pool, 1_000)
  await thrownBy(WorkerLostError, async () => {
    for await (const { id } of pool.db.selectFrom('note').selectAll().stream(10)) {
      if (id !== 15) continue
      // The reader for single reads is perhaps still starting, and a read would get the error of its start.
      await readersUp(pool)
      await Promise.all(threads.slice(1).map((thread) => thread.terminate()))
    }
  })
  await worksAgain(pool)
})

test('if the writer ends during a migration, this is the cause of a MigrationFailedError, and the lock is released', async () => {
  const threads = startedThreads()
  const dir = temporaryDirectory()
  let isEnding = true
  const migrations: Migrations = {
    '001-note': { up: (db: Kysely<unknown>) => sql`create table note (id integer)`.execute(db) as never },
    '002-lost': {
      async up(db: Kysely<unknown>) {
        await sql`insert into note values (1)`.execute(db)
        if (isEnding) await threads[0]?.terminate()
        await sql`insert into note values (2)`.execute(db)
      },
    },
  }
  const error = await thrownBy(MigrationFailedError, () => connect({ dir, migrations }))
  expect(error).toMatchObject({ code: 'ERR_DATADIR_MIGRATION_FAILED', migration: '002-lost' })
  expect(error.cause).toBeInstanceOf(WorkerLostError)
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
  isEnding = false
  const { db } = await connect<{ note: { id: number } }>({ dir, migrations })
  onTestFinished(() => release(dir))
  expect(await db.selectFrom('note').selectAll().execute()).toEqual([{ id: 1 }, { id: 2 }])
})

/** Checks that an open that lost its writer does not prevent the next open. */
async function canBeOpened(dir: string): Promise<void> {
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
  await (await connect({ dir, migrations: { '001': { up: async () => undefined } } })).close()
}

test('connect whose writer ends after the migrations fails with WorkerLostError and releases everything', async () => {
  const threads = startedThreads()
  const dir = temporaryDirectory()
  const onMigrationProgress: ConnectOptions['onMigrationProgress'] = ({ done }) => {
    if (done === 1) void threads[0]?.terminate()
  }
  const migrations: Migrations = { '001': { up: async () => undefined } }
  const error = await thrownBy(WorkerLostError, () => connect({ dir, migrations, onMigrationProgress }))
  expect(error).toMatchObject({ role: 'writer', sql: '' })
  await canBeOpened(dir)
})

test('a backup whose writer ends fails with a WorkerLostError as its cause', async () => {
  const threads = startedThreads()
  const pool = await openNotes()
  await addNotes(pool, 100_000)
  const ends = once(threads[0] as Worker, 'exit')
  const onProgress = () => void threads[0]?.terminate()
  const error = await thrownBy(BackupFailedError, () =>
    pool.backup(join(pool.dir, 'copy.db'), { onProgress }),
  )
  expect(error).toMatchObject({ reason: 'failed', cause: { code: 'ERR_DATADIR_WORKER_LOST' } })
  await ends
  await worksAgain(pool)
})

test('every request to a connection that has ended, or ends meanwhile, is rejected with WorkerLostError', async () => {
  const { port1, port2 } = new MessageChannel()
  const client = new HousekeepingClient(port1, {
    onPinnedLog: () => undefined,
    onFilesLost: () => undefined,
  })
  const asked = [() => client.quickCheck(), () => client.optimize()]
  const meanwhile = asked.map((ask) => thrownBy(WorkerLostError, ask))
  port2.close()
  await Promise.all(meanwhile)
  for (const ask of asked) expect((await thrownBy(WorkerLostError, ask)).role).toBe('writer')
  await client.stop()
})
