import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Reachable } from '../../src/main/handoff/client.ts'
import { askStatus, handOver } from '../../src/main/handoff/client.ts'
import { HandoffError } from '../../src/main/handoff/messages/errors.ts'
import { messageBytes } from '../../src/main/handoff/messages/protocol.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'
import { launchOf, OwnerProcess } from './owner-process.ts'
import { say } from './say.ts'

const launch = launchOf('one')

/** An owner of another version, which answers every request the same. */
function ownerThatSays(reply: object): Reachable {
  const endpoint = join(temporaryDirectory(), 'other.sock')
  const server = createServer((socket) => socket.once('data', () => socket.end(`${JSON.stringify(reply)}\n`)))
  server.listen(endpoint)
  onTestFinished(() => void server.close())
  return { endpoint, token: 'secret' }
}

async function answerTo(request: object): Promise<unknown> {
  const owner = await OwnerProcess.startReady()
  return JSON.parse(await say(owner.endpoint, `${JSON.stringify(request)}\n`))
}

test('a contender that speaks another version is refused, and told which one the owner speaks', async () => {
  const reply = await answerTo({ v: 2, type: 'launch', token: 'secret', envelope: {} })
  expect(reply).toMatchObject({ v: 1, type: 'refused', code: 'wrong-version' })
})

test('a request that only a newer version knows is refused by its name', async () => {
  const reply = await answerTo({ v: 1, type: 'borrow-database', token: 'secret' })
  expect(reply).toMatchObject({ v: 1, type: 'refused', code: 'unknown-request' })
})

test('an older contender that asks the owner to quit is refused, and the owner takes launches as before', async () => {
  const owner = await OwnerProcess.startReady()
  const reply = await say(owner.endpoint, '{"v":1,"type":"quit","token":"secret","patience":0}\n')
  expect(JSON.parse(reply)).toMatchObject({ v: 1, type: 'refused', code: 'unknown-request' })
  expect(await handOver(owner, launch)).toMatchObject({ type: 'launched' })
})

test('a reply that only an older owner gives to a request to quit is not taken for an answer to a launch', async () => {
  const agreeing = ownerThatSays({ v: 1, type: 'agreed' })
  expect((await thrownBy(HandoffError, () => handOver(agreeing, launch))).failure).toBe('bad-answer')
  const declining = ownerThatSays({ v: 1, type: 'refused', code: 'declined', reason: 'not now' })
  expect(await handOver(declining, launch)).toMatchObject({ type: 'refused', code: 'not-understood' })
})

test('fields that only a newer version knows are ignored', async () => {
  const reply = await answerTo({
    v: 1,
    type: 'launch',
    token: 'secret',
    mood: 1,
    launch: { ...launch, screen: 2 },
  })
  expect(reply).toEqual({ v: 1, type: 'launched', outcome: 'focused' })
})

test('an older contender, without an id, URLs or patience, is served', async () => {
  const reply = await answerTo({
    v: 1,
    type: 'launch',
    token: 'secret',
    launch: { argv: [], cwd: '/', files: [] },
  })
  expect(reply).toEqual({ v: 1, type: 'launched', outcome: 'focused' })
})

test('a caller without the token does not learn the version', async () => {
  expect(await answerTo({ v: 2, type: 'status', token: 'guess' })).toMatchObject({ code: 'wrong-token' })
})

test('an older owner that knows nothing but launches is understood', async () => {
  const owner = ownerThatSays({ v: 1, type: 'refused', reason: 'this request is not understood' })
  const error = await thrownBy(HandoffError, () => askStatus(owner))
  expect(error.failure).toBe('refused')
  expect(error.cause).toMatchObject({ message: 'this request is not understood' })
  expect(await handOver(owner, launch)).toMatchObject({ type: 'refused', code: 'not-understood' })
  const older = ownerThatSays({ v: 1, type: 'launched', outcome: 'flashed' })
  expect(await handOver(older, launch)).toEqual({ v: 1, type: 'launched', outcome: 'flashed' })
})

test('a newer owner with outcomes and states of its own is understood as far as possible', async () => {
  const beamed = ownerThatSays({ v: 3, type: 'launched', outcome: 'beamed', to: 'Mars' })
  expect(await handOver(beamed, launch)).toEqual({ v: 3, type: 'launched', outcome: 'in-background' })
  const status = { state: 'dreaming', pid: 7, silentFor: 0 }
  const dreaming = ownerThatSays({ v: 3, type: 'status', status })
  expect(await askStatus(dreaming)).toEqual({ state: 'starting', pid: 7, silentFor: 0 })
})

test('a launch that is larger than one message is not sent, and its bytes count, not its letters', async () => {
  const owner = await OwnerProcess.startReady()
  const big = { ...launch, argv: ['x'.repeat(messageBytes)] }
  expect((await thrownBy(HandoffError, () => handOver(owner, big))).failure).toBe('too-big')
  const bytes = { ...launch, argv: ['ä'.repeat(messageBytes / 2)] }
  expect((await thrownBy(HandoffError, () => handOver(owner, bytes))).failure).toBe('too-big')
})
