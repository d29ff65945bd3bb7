import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, onTestFinished, test, vi } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { LockLostError } from '../../src/main/lock/errors.ts'
import { TransactionLostError } from '../../src/main/sqlite/errors/query-errors.ts'
import { connect } from '../../src/main/sqlite/pool.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'
import { openNotes } from './notes-pool.ts'

test('when the lock is lost, an open transaction is rolled back, and no pragma allows writes again', async () => {
  const parent = temporaryDirectory()
  const dir = join(parent, 'data')
  const { db } = await openNotes({ dir })
  const trx = await db.startTransaction().execute()
  await trx.insertInto('note').values({ text: 'nobody owns this' }).execute()
  renameSync(dir, join(parent, 'moved'))
  await vi.waitFor(
    () => expect(trx.insertInto('note').values({ text: 'nor this' }).execute()).rejects.toThrow(),
    5_000,
  )
  await expect(trx.commit().execute()).rejects.toBeInstanceOf(TransactionLostError)
  await trx.rollback().execute()
  const readonly = { code: 'SQLITE_READONLY' }
  await expect(sql`pragma query_only = off`.execute(db)).rejects.toMatchObject(readonly)
  await expect(db.insertInto('note').values({ text: 'a' }).execute()).rejects.toMatchObject(readonly)
  expect(await db.selectFrom('note').selectAll().execute()).toEqual([])
})

test('no pool is opened under a lock that was lost, even if its directory is back in place', async () => {
  const dir = join(temporaryDirectory(), 'data')
  const lock = acquireDataDirLock({ dir })
  onTestFinished(() => lock.release())
  renameSync(dir, `${dir}.old`)
  await vi.waitFor(() => expect(lock.lost.aborted).toBe(true), 5_000)
  renameSync(`${dir}.old`, dir)
  await thrownBy(LockLostError, () => connect({ dir }))
  expect(existsSync(join(dir, 'app.db'))).toBe(false)
})

test('a pool cannot have fewer than one reader', async () => {
  const dir = temporaryDirectory()
  await expect(connect({ dir, readers: 0 })).rejects.toMatchObject({ option: 'readers' })
})
