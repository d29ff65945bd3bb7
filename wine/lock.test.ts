import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { flockSync } from 'fs-ext'
import { acquireDataDirLock } from '../src/main/lock/data-dir-lock.ts'
import type { DataDirLockedError } from '../src/main/lock/errors.ts'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { eventually } from './support/eventually.ts'
import { newDirectory } from './support/new-directory.ts'
import { startProcess } from './support/processes.ts'

test('a locked file refuses another process, and a second descriptor of the same, with EWOULDBLOCK', async () => {
  const path = join(newDirectory(), 'a')
  writeFileSync(path, '')
  const stranger = await startProcess('stranger', { path })
  assert.throws(() => flockSync(openSync(path, 'r+'), 'exnb'), { code: 'EWOULDBLOCK' })
  await stranger.finish()
  flockSync(openSync(path, 'r+'), 'exnb')
  assert.throws(() => flockSync(openSync(path, 'r+'), 'exnb'), { code: 'EWOULDBLOCK' })
})

test('a directory cannot be locked', () => {
  assert.throws(() => flockSync(openSync(newDirectory(), 'r'), 'exnb'), { code: 'EINVAL' })
})

test('fails at once while another process holds the lock, and names it from the record beside it', async () => {
  const dir = newDirectory()
  const holder = await startProcess('holder', { dir, app: 'Notes', version: '1.2.3' })
  assert.equal(holder.said, 'held')
  assert.throws(
    () => acquireDataDirLock({ dir }),
    (error: DataDirLockedError) => {
      assert.equal(error.code, 'ERR_DATADIR_LOCKED')
      assert.equal(error.pid, holder.pid)
      assert.equal(error.owner?.app, 'Notes')
      assert.equal(error.owner?.version, '1.2.3')
      assert.ok(Date.now() - Date.parse(error.owner?.started_at ?? '') < 60_000)
      assert.equal(error.holder, undefined)
      assert.match(error.message, /data directory already in use: .*\(pid \d+, version 1\.2\.3, started 20/)
      return true
    },
  )
  await holder.finish()
})

test('the record is in a file of its own, and blank after the release', async () => {
  const dir = newDirectory()
  const holder = await startProcess('holder', { dir, name: 'notes' })
  assert.equal(JSON.parse(readFileSync(join(dir, 'notes.owner.json'), 'utf8')).pid, holder.pid)
  assert.equal(readOwner(dir, 'notes')?.pid, holder.pid)
  await holder.finish()
  assert.equal(readFileSync(join(dir, 'notes.owner.json'), 'utf8').trim(), '')
  assert.equal(readOwner(dir, 'notes'), undefined)
  assert.deepEqual(readdirSync(dir).sort(), ['datadir.guard', 'notes.lock', 'notes.owner.json'])
})

test('a record that is written again and again is complete whenever it is read', async () => {
  const dir = newDirectory()
  const owner = await startProcess('publisher', { dir })
  const tokens = new Set()
  for (const end = performance.now() + 2_000; performance.now() < end; ) {
    const record = readOwner(dir)
    assert.equal(record?.pid, owner.pid)
    tokens.add(record?.token)
  }
  assert.ok(tokens.size > 10, `${tokens.size} different records`)
  await owner.finish()
})

test('a record that another process has open for a moment is still replaced', async () => {
  const dir = newDirectory()
  const lock = acquireDataDirLock({ dir })
  const reader = new Worker(new URL('support/slow-reader.js', import.meta.url), {
    workerData: openSync(join(dir, 'app.owner.json'), 'r'),
    trackUnmanagedFds: false,
  })
  await once(reader, 'message')
  lock.publish({ state: 'ready' })
  assert.equal(readOwner(dir)?.state, 'ready')
  lock.release()
})

test('the lock falls when its owner is killed', async (t) => {
  const dir = newDirectory()
  const waits = []
  for (let round = 0; round < 10; round++) {
    const holder = await startProcess('holder', { dir })
    assert.equal(holder.said, 'held')
    const killed = holder.kill()
    const { value: lock, waited } = await eventually(() => acquireDataDirLock({ dir }))
    assert.equal(readOwner(dir)?.pid, process.pid)
    lock.release()
    await killed
    waits.push(waited)
  }
  t.diagnostic(`${waits.length} kills, free ${Math.max(...waits).toFixed(1)} ms later at the latest`)
})

test('the record of a killed owner is not trusted while another process has the lock', async () => {
  const dir = newDirectory()
  const killed = await startProcess('holder', { dir })
  await killed.kill()
  const stranger = await startProcess('stranger', { path: join(dir, 'app.lock') })
  assert.equal(stranger.said, 'held')
  assert.equal(readOwner(dir)?.pid, killed.pid)
  assert.throws(() => acquireDataDirLock({ dir }), {
    code: 'ERR_DATADIR_LOCKED',
    owner: undefined,
    pid: undefined,
  })
  await stranger.finish()
})

test('another thread of the process that has the lock is refused', async () => {
  const dir = newDirectory()
  const lock = acquireDataDirLock({ dir })
  const thread = new Worker(new URL('support/second-thread.js', import.meta.url), { workerData: { dir } })
  assert.deepEqual(await once(thread, 'message'), ['ERR_DATADIR_ALREADY_OPEN'])
  lock.release()
})

test('all spellings of one directory share its lock, whatever the case', () => {
  const dir = newDirectory()
  const lock = acquireDataDirLock({ dir })
  for (const spelling of [
    dir.toUpperCase(),
    dir.toLowerCase(),
    `${dir}\\`,
    `${dir}\\..\\${dir.split('\\').at(-1)}`,
  ]) {
    const same = acquireDataDirLock({ dir: spelling })
    assert.equal(same.dir, dir)
    same.release()
  }
  lock.release()
})

test('a second name in the directory is for the process that owns it, and for no other', async () => {
  const dir = newDirectory()
  const first = acquireDataDirLock({ dir, name: 'first' })
  const second = acquireDataDirLock({ dir, name: 'second' })
  first.release()
  assert.equal((await startProcess('holder', { dir, name: 'third' })).said, 'ERR_DATADIR_LOCKED')
  second.release()
  const holder = await startProcess('holder', { dir, name: 'third' })
  assert.equal(holder.said, 'held')
  await holder.finish()
})

test('a lock file moved away admits no other process, and is created again', async () => {
  const dir = newDirectory()
  const lock = acquireDataDirLock({ dir })
  renameSync(join(dir, 'app.lock'), join(dir, 'elsewhere'))
  assert.equal((await startProcess('holder', { dir })).said, 'ERR_DATADIR_LOCKED')
  rmSync(join(dir, 'app.lock'), { force: true })
  await eventually(() => existsSync(join(dir, 'app.lock')) || undefined)
  assert.equal((await startProcess('holder', { dir })).said, 'ERR_DATADIR_LOCKED')
  assert.equal(lock.lost.aborted, false)
  lock.release()
  const holder = await startProcess('holder', { dir })
  assert.equal(holder.said, 'held')
  await holder.finish()
})

test('a lock that is released is free at once', () => {
  const dir = newDirectory()
  for (let round = 0; round < 100; round++) acquireDataDirLock({ dir }).release()
})

test('a lock file deleted under its owner admits no other process', async () => {
  const dir = newDirectory()
  const lock = acquireDataDirLock({ dir })
  rmSync(join(dir, 'app.lock'))
  assert.notEqual((await startProcess('holder', { dir })).said, 'held')
  lock.release()
})

test('the guard can neither be opened nor deleted nor moved while the directory is owned', () => {
  const dir = newDirectory()
  const guard = join(dir, 'datadir.guard')
  const lock = acquireDataDirLock({ dir })
  assert.throws(() => openSync(guard, 'r'), { code: 'EBUSY' })
  assert.throws(() => rmSync(guard), { code: 'EBUSY' })
  assert.throws(() => renameSync(guard, `${guard}2`), { code: 'EBUSY' })
  lock.release()
  rmSync(guard)
})
