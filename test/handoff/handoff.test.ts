import { once } from 'node:events'
import { existsSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Reachable } from '../../src/main/handoff/client.ts'
import { askStatus, handOver } from '../../src/main/handoff/client.ts'
import { createEndpoint } from '../../src/main/handoff/endpoint/endpoint.ts'
import { HandoffError } from '../../src/main/handoff/messages/errors.ts'
import { type Launch, type LaunchOutcome, messageBytes } from '../../src/main/handoff/messages/protocol.ts'
import { HandoffServer } from '../../src/main/handoff/owner/handoff-server.ts'
import { Deferred } from '../../src/shared/deferred.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'
import { OwnerProcess } from './owner-process.ts'
import { say } from './say.ts'

const launch: Launch = {
  id: 'one',
  argv: ['--new', 'a b.md', 'notes://open/7'],
  cwd: '/home/ä',
  files: ['/home/ä/a b.md'],
  urls: ['notes://open/7'],
  activationToken: 'sway-1234',
}

/** On a busy machine a thread may take longer to start than a contender waits. */
async function untilItAnswers(owner: Reachable): Promise<void> {
  while (!(await askStatus(owner).catch(() => undefined)));
}

async function serve(onLaunch: (launch: Launch) => Promise<LaunchOutcome>, dir = temporaryDirectory()) {
  const endpoint = createEndpoint(dir, 'app')
  const server = new HandoffServer({ endpoint, token: 'secret', onLaunch })
  onTestFinished(() => server.close().catch(() => undefined))
  server.publish({ state: 'ready' })
  const owner = { endpoint: endpoint.path, token: 'secret' }
  await untilItAnswers(owner)
  return { ...owner, server }
}

test('a launch arrives whole, and its outcome goes back', async () => {
  const seen: Launch[] = []
  const owner = await serve(async (arrived) => {
    seen.push(arrived)
    return 'focused'
  })
  expect(await handOver(owner, launch)).toMatchObject({ type: 'launched', outcome: 'focused' })
  expect(seen).toEqual([launch])
})

test('a launch that fails in the owner is refused with its reason', async () => {
  const owner = await serve(() => Promise.reject(new Error('no room')))
  expect(await handOver(owner, launch)).toMatchObject({ type: 'refused', reason: 'no room' })
})

test('a wrong token is refused, and nothing is launched', async () => {
  let launches = 0
  const owner = await serve(async () => {
    launches++
    return 'focused'
  })
  expect(await handOver({ ...owner, token: 'guess' }, launch)).toMatchObject({ type: 'refused' })
  expect(launches).toBe(0)
})

test.each(['\n', 'hello\n', '{}\n', '[]\n', 'null\n', '{"v":1,"type":"launch","token":"secret"}\n'])(
  'the request %j is refused and the server lives on',
  async (words) => {
    const owner = await serve(async () => 'focused')
    expect(await say(owner.endpoint, words)).toContain('"refused"')
    expect(await handOver(owner, launch)).toMatchObject({ type: 'launched' })
  },
)

test('a request over the size limit is cut off', async () => {
  const owner = await serve(async () => 'focused')
  await expect(say(owner.endpoint, 'x'.repeat(messageBytes * 2)).catch(() => '')).resolves.toBe('')
  expect(await handOver(owner, launch)).toMatchObject({ type: 'launched' })
})

test('a contender that says nothing is hung up on', async () => {
  const owner = await serve(async () => 'focused')
  expect(await say(owner.endpoint, '')).toBe('')
})

test('an owner that is gone is told apart from one that does not answer', async () => {
  const dir = temporaryDirectory()
  const missing = await thrownBy(HandoffError, () =>
    handOver({ endpoint: join(dir, 'x'), token: '' }, launch),
  )
  expect(missing.failure).toBe('gone')

  const mute = createServer((socket) => socket.end()).listen(join(dir, 'mute.sock'))
  onTestFinished(() => void mute.close())
  const hungUp = await thrownBy(HandoffError, () =>
    handOver({ endpoint: join(dir, 'mute.sock'), token: '' }, launch, { patience: 0 }),
  )
  expect(hungUp.failure).toBe('no-answer')
})

test('an owner without an endpoint cannot be asked', async () => {
  expect((await thrownBy(HandoffError, () => handOver({}, launch))).failure).toBe('no-endpoint')
})

test('an answer that makes no sense is an error', async () => {
  const path = join(temporaryDirectory(), 'odd.sock')
  const odd = createServer((socket) => socket.end('OK\n')).listen(path)
  onTestFinished(() => void odd.close())
  const error = await thrownBy(HandoffError, () => handOver({ endpoint: path, token: '' }, launch))
  expect(error.failure).toBe('bad-answer')
})

test('the socket is for this user alone, and gone after closing', async () => {
  const owner = await serve(async () => 'focused')
  expect(statSync(owner.endpoint).mode & 0o777).toBe(0o600)
  await owner.server.close()
  expect(existsSync(owner.endpoint)).toBe(false)
})

test('a socket file that a killed owner left behind is replaced', async () => {
  const dir = temporaryDirectory()
  const killed = await OwnerProcess.start(dir)
  killed.kill('SIGKILL')
  await vi.waitFor(() => expect(() => process.kill(killed.pid, 0)).toThrow('ESRCH'), 15_000)
  expect(lstatSync(killed.endpoint).isSocket()).toBe(true)
  const owner = await serve(async () => 'focused', dir)
  expect(owner.endpoint).toBe(killed.endpoint)
  expect(await handOver(owner, launch)).toMatchObject({ type: 'launched' })
})

test('a path too long for a socket address moves the socket into a folder of its own', async () => {
  const dir = join(temporaryDirectory(), 'ä'.repeat(60))
  mkdirSync(dir)
  const owner = await serve(async () => 'focused', dir)
  expect(owner.endpoint.startsWith(dir)).toBe(false)
  expect(Buffer.byteLength(owner.endpoint)).toBeLessThanOrEqual(103)
  expect(statSync(join(owner.endpoint, '..')).mode & 0o777).toBe(0o700)
  expect(await handOver(owner, launch)).toMatchObject({ type: 'launched' })
  await owner.server.close()
  expect(existsSync(owner.endpoint)).toBe(false)
})

test('a server whose thread fails while it closes is closed', async () => {
  const started = once(process, 'worker') as Promise<[Worker]>
  const owner = await serve(async () => 'focused')
  const [thread] = await started
  // No message of ours: its handler throws.
  thread.postMessage(null)
  await owner.server.close()
  expect(existsSync(owner.endpoint)).toBe(false)
})

test('a contender that waits when the owner closes gets the answer that the owner is quitting', async () => {
  const arrived = new Deferred()
  const owner = await serve(() => {
    arrived.resolve()
    return new Promise(() => undefined)
  })
  const waiting = handOver(owner, launch, { patience: 20_000 })
  await arrived.promise
  await owner.server.close()
  expect(await waiting).toMatchObject({ type: 'busy', status: { state: 'quitting' } })
})
