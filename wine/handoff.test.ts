import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handOver } from '../src/main/handoff/client.ts'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { connect, release } from '../src/main/sqlite/pool.ts'
import { migrations, type Schema } from './support/migrations.ts'
import { newDirectory } from './support/new-directory.ts'
import { startProcess } from './support/processes.ts'

const launch = { id: 'a-launch', argv: ['--new', 'ä b.md'], urls: [], cwd: 'C:\\', files: [] }

test('a launch goes to the owner through the named pipe that its record tells', async () => {
  const dir = newDirectory()
  const owner = await startProcess('owner', { dir })
  const record = readOwner(dir)
  assert.match(record?.endpoint ?? '', /^\\\\\.\\pipe\\electron-datadir-[0-9a-f]{32}$/)
  assert.equal(record?.state, 'ready')
  const reply = await handOver(record ?? {}, launch)
  assert.deepEqual([reply.type, 'outcome' in reply && reply.outcome], ['launched', 'focused'])
  await owner.finish()
  /** @type {import('../src/main/sqlite/pool.ts').Pool<{ note: { body: string } }>} */
  const { db } = await connect<Schema>({ dir, migrations })
  const bodies = (await db.selectFrom('note').selectAll().execute()).map(({ body }) => body)
  assert.deepEqual(bodies, ['first', '--new ä b.md'])
  await release(dir)
})

test('a wrong token is refused', async () => {
  const dir = newDirectory()
  const owner = await startProcess('owner', { dir })
  const reply = await handOver({ ...readOwner(dir), token: 'guess' }, launch)
  assert.equal(reply.type, 'refused')
  await owner.finish()
})

test('two owners have different pipes', async () => {
  const dirs = [newDirectory(), newDirectory()]
  const owners = await Promise.all(dirs.map((dir) => startProcess('owner', { dir })))
  const [one, other] = dirs.map((dir) => readOwner(dir)?.endpoint)
  assert.ok(one && other && one !== other)
  for (const owner of owners) await owner.finish()
})

test('a killed owner is gone, and its pipe with it', async () => {
  const dir = newDirectory()
  const owner = await startProcess('owner', { dir })
  const record = readOwner(dir)
  await owner.kill()
  await assert.rejects(handOver(record ?? {}, launch), { code: 'ERR_DATADIR_HANDOFF', failure: 'gone' })
})
