import { renameSync, rmSync } from 'node:fs'
import { CamelCasePlugin, sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { DatabaseReplacedError } from '../../../src/main/sqlite/errors/open-errors.ts'
import { PoolBusyError } from '../../../src/main/sqlite/errors/query-errors.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { addNotes, endlessRows, openNotes, readersUp } from '../notes-pool.ts'
import { all } from '../settled.ts'

test('a read is answered while another one is slow', async () => {
  const pool = await openNotes({ readers: 2 })
  const controller = new AbortController()
  const slow = pool.query(endlessRows(pool), { signal: controller.signal }).catch(() => 'stopped')
  for (let round = 0; round < 10; round++) {
    expect(await pool.db.selectFrom('note').selectAll().execute()).toEqual([])
  }
  controller.abort()
  expect(await slow).toBe('stopped')
})

test('more streams than readers take turns, and single reads do not wait for them', async () => {
  const pool = await openNotes({ readers: 2 })
  await addNotes(pool, 500)
  const streams = Array.from({ length: 12 }, async () => {
    let count = 0
    for await (const _ of pool.db.selectFrom('note').selectAll().stream(50)) {
      count++
      if (count % 100 === 0) await pool.db.selectFrom('note').select('id').limit(1).execute()
    }
    return count
  })
  expect(await Promise.all(streams)).toEqual(Array(12).fill(500))
  await expect.poll(async () => (await pool.stats()).readers.length).toBe(2)
})

test('streams inside streams fail when no reader is left, and do not wait forever', async () => {
  const nest = async (pool: Awaited<ReturnType<typeof openNotes>>, depth: number): Promise<void> => {
    for await (const _ of pool.db.selectFrom('note').selectAll().stream(1)) {
      if (depth > 0) await nest(pool, depth - 1)
      break
    }
  }
  const patient = await openNotes({ readers: 2 })
  await addNotes(patient, 50)
  await nest(patient, 2)
  const pool = await openNotes({ readers: 2, waitTimeout: 1_000 })
  await addNotes(pool, 50)
  const error = await thrownBy(PoolBusyError, () => nest(pool, 10))
  expect(error.role).toBe('reader')
  expect(await pool.db.selectFrom('note').select('id').limit(1).execute()).toHaveLength(1)
})

test('reads and streams that need one more reader fail when none can be opened, and do not wait', async () => {
  const pool = await openNotes({ readers: 2 })
  await addNotes(pool, 3)
  const snapshot = () => pool.db.startTransaction().setAccessMode('read only').execute()
  const first = await snapshot()
  await readersUp(pool)
  renameSync(pool.dir, `${pool.dir}-moved`)
  onTestFinished(() => rmSync(`${pool.dir}-moved`, { recursive: true }))
  const stream = () => all(pool.db.selectFrom('note').selectAll().stream(10))
  const read = () => pool.db.selectFrom('note').select('id').execute()
  const second = await snapshot()
  expect((await thrownBy(DatabaseReplacedError, read)).path).toBe(pool.databasePath)
  await second.rollback().execute()
  expect(await read()).toHaveLength(3)
  expect((await thrownBy(DatabaseReplacedError, stream)).path).toBe(pool.databasePath)
  await first.rollback().execute()
  expect(await stream()).toHaveLength(3)
})

test('plugins see queries, results and streams as they do with any dialect', async () => {
  const { db } = await openNotes({ mode: 'inline' })
  type Camel = { longName: { firstColumn: number } }
  const camel = db.withPlugin(new CamelCasePlugin()).$extendTables<Camel>()
  await sql`create table long_name (first_column integer)`.execute(db)
  await camel.insertInto('longName').values({ firstColumn: 7 }).execute()
  const row = { firstColumn: 7 }
  expect(await camel.selectFrom('longName').selectAll().execute()).toEqual([row])
  const inside = camel.transaction().execute((trx) => trx.selectFrom('longName').selectAll().execute())
  expect(await inside).toEqual([row])
  for await (const streamed of camel.selectFrom('longName').selectAll().stream())
    expect(streamed).toEqual(row)
})

test('the tables can be listed, as migrations do', async () => {
  const { db } = await openNotes({ mode: 'inline' })
  const tables = await db.introspection.getTables()
  expect(tables.map(({ name }) => name)).toContain('note')
})
