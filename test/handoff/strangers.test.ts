import { spawnSync } from 'node:child_process'
import { chmodSync, statSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { handOver } from '../../src/main/handoff/client.ts'
import { messageBytes } from '../../src/main/handoff/messages/protocol.ts'
import { launchOf, OwnerProcess } from './owner-process.ts'
import { say } from './say.ts'

const launch = launchOf('one')

function connect(owner: OwnerProcess): Socket {
  const socket = createConnection(owner.endpoint).on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  return socket
}

/** Milliseconds until the owner hangs up. */
async function lifeOf(socket: Socket): Promise<number> {
  const begin = performance.now()
  socket.resume()
  // It may end with ECONNRESET, which is no failure here.
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve))
  return performance.now() - begin
}

test('a caller that drips its request is hung up on in time', async () => {
  const owner = await OwnerProcess.startReady()
  const socket = connect(owner)
  const dripping = setInterval(() => socket.write(' '), 50)
  onTestFinished(() => clearInterval(dripping))
  const life = await lifeOf(socket)
  expect(life).toBeGreaterThan(1_500)
})

/** A sound request of so many bytes, newline included, half as many letters. */
function requestOf(bytes: number): string {
  const [head, tail] = ['{"v":1,"type":"status","token":"secret","x":"', '"}\n']
  const left = bytes - head.length - tail.length
  return ' '.repeat(left % 2) + head + 'ä'.repeat(Math.floor(left / 2)) + tail
}

test('the size limit counts bytes, not letters', async () => {
  const owner = await OwnerProcess.startReady()
  expect(await say(owner.endpoint, requestOf(messageBytes))).toContain('"status"')
  expect(await say(owner.endpoint, requestOf(messageBytes + 1)).catch(() => '')).toBe('')
})

test('a caller that says more than one line gets no second answer', async () => {
  const owner = await OwnerProcess.startReady()
  const line = `${JSON.stringify({ v: 1, type: 'launch', token: 'secret', launch })}\n`
  expect(await say(owner.endpoint, line + line).catch(() => '')).toBe('')
  expect(await owner.launches()).toEqual([])
})

test('callers beyond the limit are hung up on at once, and the others cost the owner nothing', async () => {
  const owner = await OwnerProcess.startReady()
  const callers = Array.from({ length: 200 }, () => connect(owner))
  let closed = 0
  for (const caller of callers) caller.resume().on('close', () => closed++)
  while (closed < 200 - 64) await pause(10)
  // The first of those that were let in stay until their time is up: a contender gets through after them.
  expect(await handOver(owner, launch, { patience: 20_000 })).toMatchObject({ type: 'launched' })
  expect(await owner.awake()).toMatchObject({ pid: owner.pid })
})

test('a caller that never fetches its answer is hung up on', async () => {
  const owner = await OwnerProcess.startReady()
  const socket = createConnection({ path: owner.endpoint, allowHalfOpen: true }).on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  socket.write('{}\n')
  // The owner has answered it before it answers a later caller.
  await owner.status()
  // What was sent is still there to be read, but in the end nobody holds the other end.
  await expect(
    new Promise((_resolve, reject) => {
      socket.on('error', reject)
      const writing = setInterval(() => socket.write('x', (error) => error && reject(error)), 100)
      onTestFinished(() => clearInterval(writing))
    }),
  ).rejects.toThrow(/EPIPE|ECONNRESET/)
})

test('another user of the machine cannot even connect', async (ctx) => {
  if (process.getuid?.() !== 0) return ctx.skip('only root can become another user')
  const owner = await OwnerProcess.startReady()
  // The worst case: an app that lets everybody look into its data directory.
  chmodSync(dirname(owner.endpoint), 0o777)
  expect(statSync(owner.endpoint).mode & 0o777).toBe(0o600)
  const script = `use Socket; socket(my $s, PF_UNIX, SOCK_STREAM, 0);
    print connect($s, sockaddr_un($ARGV[0])) ? 'connected' : $!{EACCES} ? 'EACCES' : $!`
  const { stdout, error } = spawnSync('perl', ['-MErrno', '-e', script, owner.endpoint], {
    uid: 65_534,
    gid: 65_534,
    cwd: '/',
    encoding: 'utf8',
  })
  if (error) return ctx.skip(`perl cannot be run as another user: ${error.message}`)
  expect(stdout).toBe('EACCES')
})
