import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { acquireDataDirLock } from '../src/main/lock/data-dir-lock.ts'
import { connect, release } from '../src/main/sqlite/pool.ts'
import { eventually } from './support/eventually.ts'
import { migrations, type Schema } from './support/migrations.ts'
import { newDirectory } from './support/new-directory.ts'
import { startProcess } from './support/processes.ts'

async function notesIn(dir: string): Promise<string[]> {
  /** @type {import('../src/main/sqlite/pool.ts').Pool<Schema>} */
  const { db } = await connect<Schema>({ dir, migrations })
  return (await db.selectFrom('note').selectAll().execute()).map(({ body }) => body)
}

test('the database is opened under the lock, and the lock released after it is closed', async () => {
  const dir = newDirectory()
  assert.deepEqual(await notesIn(dir), [])
  assert.equal((await startProcess('holder', { dir })).said, 'ERR_DATADIR_LOCKED')
  await release(dir)
  const holder = await startProcess('holder', { dir })
  assert.equal(holder.said, 'held')
  await holder.finish()
})

test('where another process has the directory, no database is made', async () => {
  const dir = newDirectory()
  const holder = await startProcess('holder', { dir })
  await assert.rejects(connect({ dir, migrations }), { code: 'ERR_DATADIR_LOCKED', pid: holder.pid })
  assert.equal(existsSync(join(dir, 'app.db')), false)
  await holder.finish()
})

test('what a killed owner had committed is there for the next', async () => {
  const dir = newDirectory()
  const owner = await startProcess('owner', { dir })
  assert.equal(owner.said, 'ready')
  await owner.kill()
  const { value: lock } = await eventually(() => acquireDataDirLock({ dir }))
  assert.deepEqual(await notesIn(dir), ['first'])
  lock.release()
  await release(dir)
})

test('a failing migration releases the lock', async () => {
  const dir = newDirectory()
  const failing = { '001-note': { up: () => Promise.reject(new Error('no')) } }
  await assert.rejects(connect({ dir, migrations: failing }), { code: 'ERR_DATADIR_MIGRATION_FAILED' })
  const holder = await startProcess('holder', { dir })
  assert.equal(holder.said, 'held')
  await holder.finish()
})
