import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { askStatus, handOver } from '../../../src/main/handoff/client.ts'
import { HandoffError } from '../../../src/main/handoff/messages/errors.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { launchOf, OwnerProcess } from '../owner-process.ts'
import { say } from '../say.ts'

test('a server thread that dies is started again at the same endpoint, and no launch is lost or doubled', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.does({ launchTime: 2_500 })
  const reply = handOver(owner, launchOf('through'), { patience: 20_000 })
  await owner.says((fact) => fact.launch?.id === 'through')
  // Longer than a contender waits for an owner that it never talked to.
  await pause(1_100)
  await owner.does({ killThread: true })
  expect(await reply).toMatchObject({ type: 'launched' })
  expect(await owner.status()).toMatchObject({ state: 'ready' })
  expect(await owner.launches()).toHaveLength(1)
})

test('a launch that was taken for an owner at work outlives the server thread', async () => {
  const owner = await OwnerProcess.start()
  await owner.blocks({ killThread: true })
  expect(await handOver(owner, launchOf('kept'), { patience: 100 })).toMatchObject({ type: 'queued' })
  await owner.unblocks()
  await owner.does({ publish: { state: 'ready' } })
  await owner.says((fact) => fact.launch?.id === 'kept')
  expect(await owner.launches()).toHaveLength(1)
})

test('a server thread that keeps dying is given up', async () => {
  const owner = await OwnerProcess.startReady()
  for (let death = 0; death < 5; death++) await owner.does({ killThread: true })
  expect(owner.said.some(({ ended }) => ended)).toBe(false)
  owner.tell({ killLastThread: true })
  await owner.says(({ ended }) => ended === true)
  expect((await thrownBy(HandoffError, () => askStatus(owner))).failure).toBe('gone')
})

test('a server thread whose code has gone meanwhile is given up, and the owner lives on', async () => {
  const root = resolve(import.meta.dirname, '../../..')
  const project = temporaryDirectory()
  cpSync(join(root, 'dist'), join(project, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(project, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
  const owner = await OwnerProcess.start(temporaryDirectory(), join(project, 'dist'))
  rmSync(join(project, 'dist/main/handoff/owner/handoff-thread.js'))
  owner.tell({ killLastThread: true })
  await owner.says(({ ended }) => ended === true)
  await owner.does({ close: true })
})

test('a folder of sockets that was removed is made again, for this user alone', async () => {
  // Of this test alone: the sockets of others would be removed as well.
  vi.stubEnv('XDG_RUNTIME_DIR', temporaryDirectory())
  onTestFinished(() => void vi.unstubAllEnvs())
  const dir = join(temporaryDirectory(), 'ä'.repeat(60))
  mkdirSync(dir)
  const owner = await OwnerProcess.start(dir)
  const folder = dirname(owner.endpoint)
  expect(folder).not.toBe(dir)
  rmSync(folder, { recursive: true })
  expect(await owner.status()).toMatchObject({ pid: owner.pid })
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  await owner.does({ close: true })
  expect(existsSync(owner.endpoint)).toBe(false)
})

test.each([
  ['removed', (path: string) => rmSync(path)],
  [
    'replaced by a file',
    (path: string) => {
      rmSync(path)
      writeFileSync(path, '')
    },
  ],
])('a socket file that was %s is created again', async (_how, damage) => {
  const owner = await OwnerProcess.startReady()
  damage(owner.endpoint)
  expect((await owner.status()).pid).toBe(owner.pid)
})

test('after the lock was lost the socket of the next owner outlives this one', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.does({ loseLock: true })
  rmSync(owner.endpoint)
  const next = createServer((socket) => socket.end('next\n')).listen(owner.endpoint)
  onTestFinished(() => void next.close())
  await once(next, 'listening')
  await owner.does({ close: true })
  expect(await say(owner.endpoint, '')).toBe('next\n')
})

test('after the lock was lost a removed socket file is left to the next owner', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.does({ loseLock: true })
  // Started later, so that it looks at its socket file later as well.
  const another = await OwnerProcess.startReady()
  for (const { endpoint } of [owner, another]) rmSync(endpoint)
  await another.status()
  expect(existsSync(owner.endpoint)).toBe(false)
})
