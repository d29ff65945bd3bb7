import type { Worker } from 'node:worker_threads'
import SqliteDatabase from 'better-sqlite3'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { connect, type Pool, release } from '../../../src/main/sqlite/pool.ts'
import type { PoolOptions } from '../../../src/main/sqlite/scheduling/pool-options.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { livingThreads } from '../worker-threads.ts'
import { type CellSchema, Client, cellMigrations } from './property-client.ts'
import { clients, type Kill, kills } from './property-steps.ts'

// The long mode: PROPERTY_RUNS=5000 npm test -- unit test/sqlite/scheduling/property.test.ts, PROPERTY_SEED for other runs.
const numRuns = Number(process.env.PROPERTY_RUNS ?? 15)
const seed = Number(process.env.PROPERTY_SEED ?? 1)
// Far above what a run takes: one that is not over by then never will be.
const longestRun = 20_000
const longestTest = 60_000 + numRuns * 1_000

/**
 * Ends threads one after the other, each once all are open: a thread that is ended while it loads its native module
 * takes the process with it, which is Node's affair and not the pool's.
 */
async function kill(
  pool: Pool<CellSchema>,
  threads: ReadonlySet<Worker>,
  ends: readonly Kill[],
): Promise<void> {
  for (const { after, which } of ends) {
    await new Promise((resolve) => setTimeout(resolve, after))
    const living = await openThreads(pool, threads)
    await living[which % living.length]?.terminate()
  }
}

async function openThreads(pool: Pool<CellSchema>, threads: ReadonlySet<Worker>): Promise<Worker[]> {
  while (true) {
    const living = [...threads]
    const { writer, readers } = await pool.stats()
    if ([writer, ...readers].every(({ state }) => state !== 'starting')) return living
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function openCells(options: PoolOptions) {
  const dir = temporaryDirectory()
  const pool = await connect<CellSchema>({ dir, migrations: cellMigrations, ...options })
  onTestFinished(() => release(dir))
  const outside = new SqliteDatabase(pool.databasePath)
  onTestFinished(() => void outside.close())
  return { pool, outside }
}

async function play(
  options: PoolOptions,
  killsOf: (threads: ReadonlySet<Worker>) => fc.Arbitrary<readonly Kill[]>,
) {
  const threads = livingThreads()
  const { pool, outside } = await openCells(options)
  const property = fc
    .asyncProperty(clients, killsOf(threads), async (plans, ends) => {
      const playing = plans.map((steps, id) => ({ client: new Client(pool, id), steps }))
      await inTime(
        Promise.all([...playing.map(({ client, steps }) => client.run(steps)), kill(pool, threads, ends)]),
      )
      const rows = outside.prepare('select client, key, value from cell order by client, key').all()
      expect(rows).toEqual(playing.flatMap(({ client }) => client.expected))
    })
    .beforeEach(() => void outside.exec('delete from cell'))
  // Which thread comes first differs from run to run, so a smaller plan that fails as well is not to be had by trying.
  await fc.assert(property, { numRuns, seed, endOnFailure: true })
  expect(outside.pragma('integrity_check', { simple: true })).toBe('ok')
  await expect.poll(async () => (await pool.stats()).writer).toMatchObject({ inHand: 0 })
}

/** Fails where something waits without end. */
async function inTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), longestRun)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

test.each(['threads', 'inline'] as const)(
  '%s: whatever clients do at once, each sees its own writes, all or none of a transaction, and nothing hangs',
  (mode) => play({ mode, readers: 2 }, () => fc.constant([])),
  longestTest,
)

test(
  'and so it is while threads are ended from outside: no acknowledged commit is lost',
  () => play({ readers: 2 }, () => kills),
  longestTest,
)
