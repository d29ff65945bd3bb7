import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { claim } from '../../src/main/claim/claim.ts'
import type { LaunchOutcome } from '../../src/main/handoff/messages/protocol.ts'
import { PoolClosedError } from '../../src/main/sqlite/errors/query-errors.ts'
import { connect, type Pool, release, resetPools } from '../../src/main/sqlite/pool.ts'
import { isFree } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

afterEach(resetPools)

const onLaunch = async (): Promise<LaunchOutcome> => 'focused'

async function isOpen({ db }: Pool<unknown>): Promise<boolean> {
  try {
    await sql`select 1`.execute(db)
    return true
  } catch (error) {
    if (error instanceof PoolClosedError) return false
    throw error
  }
}

const isLocked = (dir: string) => !isFree(join(dir, 'app.lock'))

/** Works in another directory until the test ends. */
function workIn(dir: string): void {
  const before = process.cwd()
  process.chdir(dir)
  onTestFinished(() => process.chdir(before))
}

test('each call returns its own handle, and the last close() closes the database and releases the lock', async () => {
  const dir = temporaryDirectory()
  const [first, second] = [await connect({ dir }), await connect({ dir })]
  expect(second).not.toBe(first)
  expect(second.db).toBe(first.db)
  await first.close()
  expect([await isOpen(second), isLocked(dir)]).toEqual([true, true])
  await second.close()
  expect([await isOpen(second), isLocked(dir)]).toEqual([false, false])
})

test('a handle that is closed twice closes no other handle', async () => {
  const dir = temporaryDirectory()
  const [first, second] = [await connect({ dir }), await connect({ dir })]
  await Promise.all([first.close(), first.close()])
  await first[Symbol.asyncDispose]()
  expect([await isOpen(second), isLocked(dir)]).toEqual([true, true])
})

test('a closed handle does not close a database that was opened later', async () => {
  const dir = temporaryDirectory()
  const first = await connect({ dir })
  await resetPools()
  const second = await connect({ dir })
  await first.close()
  expect([await isOpen(second), isLocked(dir)]).toEqual([true, true])
})

test('a second close waits for the first', async () => {
  const dir = temporaryDirectory()
  const pool = await connect({ dir })
  void pool.close()
  await pool.close()
  expect(isLocked(dir)).toBe(false)
})

test('await using closes a handle', async () => {
  const dir = temporaryDirectory()
  {
    await using pool = await connect({ dir })
    expect(await isOpen(pool)).toBe(true)
  }
  expect(isLocked(dir)).toBe(false)
})

test('a closed handle can be used only as long as another handle keeps the database open', async () => {
  const dir = temporaryDirectory()
  const [first, second] = [await connect({ dir }), await connect({ dir })]
  const query = sql<{ one: number }>`select 1 as one`.compile(first.db)
  await first.close()
  expect(await first.query(query)).toEqual([{ one: 1 }])
  await second.close()
  await thrownBy(PoolClosedError, () => first.query(query))
  await thrownBy(PoolClosedError, () => first.batch([query]))
  await thrownBy(PoolClosedError, () => first.within({ timeout: 1_000 }).executeQuery(query))
  await thrownBy(PoolClosedError, () => first.backup(join(dir, 'copy.db')))
  expect(readdirSync(dir).sort()).toEqual(['app.db', 'app.db-checkpoint', 'app.lock'])
})

test('a handle closes its database after the working directory was changed', async () => {
  const [dir, elsewhere] = [temporaryDirectory(), temporaryDirectory()]
  mkdirSync(join(elsewhere, 'data'))
  workIn(dir)
  const pool = await connect({ dir: 'data' })
  process.chdir(elsewhere)
  const other = await connect({ dir: join(elsewhere, 'data') })
  await pool.close()
  expect([isLocked(join(dir, 'data')), await isOpen(pool)]).toEqual([false, false])
  expect(await isOpen(other)).toBe(true)
})

test('a handle closes its database after a link to the directory was changed', async () => {
  const parent = temporaryDirectory()
  const [here, there, link] = ['here', 'there', 'link'].map((name) => join(parent, name)) as [
    string,
    string,
    string,
  ]
  mkdirSync(here)
  mkdirSync(there)
  symlinkSync(here, link)
  const pool = await connect({ dir: link })
  rmSync(link)
  symlinkSync(there, link)
  const other = await connect({ dir: there })
  await pool.close()
  expect([isLocked(here), await isOpen(pool)]).toEqual([false, false])
  expect(await isOpen(other)).toBe(true)
})

test('a handle closes its database after the folder was moved', async () => {
  const parent = temporaryDirectory()
  const pool = await connect({ dir: join(parent, 'data') })
  renameSync(join(parent, 'data'), join(parent, 'moved'))
  await pool.close()
  expect([isLocked(join(parent, 'moved')), await isOpen(pool)]).toEqual([false, false])
  expect(existsSync(join(parent, 'data'))).toBe(false)
})

test.each([
  [
    'the working directory was changed',
    async (parent: string) => {
      mkdirSync(join(parent, 'data'))
      workIn(parent)
      return { dir: 'data', change: () => process.chdir(temporaryDirectory()) }
    },
  ],
  [
    'a link was changed',
    async (parent: string) => {
      const [dir, other] = [join(parent, 'link'), join(parent, 'other')]
      for (const made of ['data', 'other']) mkdirSync(join(parent, made))
      symlinkSync(join(parent, 'data'), dir)
      const change = async () => {
        rmSync(dir)
        symlinkSync(other, dir)
        await connect({ dir: other })
      }
      return { dir, change }
    },
  ],
] as const)('a claim closes its database after %s', async (_, prepare) => {
  const parent = temporaryDirectory()
  const { dir, change } = await prepare(parent)
  const claimed = await claim({ dir, database: {}, onLaunch })
  await change()
  await claimed.close()
  expect([isLocked(join(parent, 'data')), await isOpen(claimed.pool)]).toEqual([false, false])
})

test('release closes the database that connect opened with the same path text, wherever the path leads now', async () => {
  const parent = temporaryDirectory()
  const [here, there, link] = ['here', 'there', 'link'].map((name) => join(parent, name)) as [
    string,
    string,
    string,
  ]
  mkdirSync(here)
  mkdirSync(there)
  symlinkSync(here, link)
  const pool = await connect({ dir: link })
  rmSync(link)
  symlinkSync(there, link)
  const other = await connect({ dir: there })
  await release(link)
  expect([await isOpen(pool), await isOpen(other)]).toEqual([false, true])
})

test('release of a path text that connect was given for two directories closes the one it leads to now', async () => {
  const [one, two] = [temporaryDirectory(), temporaryDirectory()]
  workIn(one)
  const first = await connect({ dir: 'data' })
  process.chdir(two)
  const second = await connect({ dir: 'data' })
  await release('data')
  expect([await isOpen(first), await isOpen(second)]).toEqual([true, false])
  await release('data')
  expect(await isOpen(first)).toBe(false)
})

test('release does not close a database that only a claim has open', async () => {
  const dir = temporaryDirectory()
  await using claimed = await claim({ dir, database: {}, onLaunch })
  await release(dir)
  expect(await isOpen(claimed.pool)).toBe(true)
  await connect({ dir })
  await release(dir)
  await release(dir)
  expect([await isOpen(claimed.pool), isLocked(dir)]).toEqual([true, true])
})

test('release and handles work together: the last of them closes the database', async () => {
  const dir = temporaryDirectory()
  const kept = await connect({ dir })
  await connect({ dir })
  await release(dir)
  expect(await isOpen(kept)).toBe(true)
  await kept.close()
  expect([await isOpen(kept), isLocked(dir)]).toEqual([false, false])
})
