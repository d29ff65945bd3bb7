import { readFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { handOver } from '../../src/main/handoff/client.ts'
import { messageBytes } from '../../src/main/handoff/messages/protocol.ts'
import { launchOf, OwnerProcess } from './owner-process.ts'

// FLOOD_SECONDS=60 is the long mode.
const seconds = Number(process.env.FLOOD_SECONDS ?? 2)
const callersAtOnce = 256
vi.setConfig({ testTimeout: 60_000 + 2_000 * seconds })

/** What Linux says a process has in memory now, or had at most, in MiB. */
function memoryOf(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const match = new RegExp(`${what}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(match?.[1]) / 1_024
}

const sound = (type: string, id: string, argument = 'x'.repeat(30_000)) =>
  `${JSON.stringify({ v: 1, type, token: 'secret', patience: 0, launch: { ...launchOf(id), argv: [argument] } })}\n`
const almostTooLong = Buffer.alloc(messageBytes, 'x')
const tooLong = Buffer.alloc(4 * messageBytes, 'x')
const large = 'x'.repeat(900 * 1024)

/** The ways to be a nuisance. Each gets a connection of its own and does its worst with it. */
const nuisances: ((socket: Socket, turn: number) => void)[] = [
  // says nothing
  () => undefined,
  // leaves a line as long as it may be without an end
  (socket) => socket.write(almostTooLong),
  // a byte at a time
  (socket) => {
    const dripping = setInterval(() => socket.write('x'), 1)
    socket.on('close', () => clearInterval(dripping))
  },
  // more than anybody wants
  (socket) => socket.write(tooLong),
  // nonsense
  (socket) => socket.write('{}\n'),
  // a guess at the token
  (socket) => socket.write('{"v":1,"type":"launch","token":"guess"}\n'),
  // sound requests, in masses
  (socket, turn) => socket.write(sound('launch', `flood-${turn}`)),
  (socket) => socket.write(sound('status', '')),
  // large ones
  (socket, turn) => socket.write(sound('launch', `large-${turn}`, large)),
  // gone at once
  (socket) => socket.end(),
]

test('a flood leaves the owner alive and its memory bounded, with its main thread blocked half of the time', async (ctx) => {
  if (process.platform !== 'linux') return ctx.skip('memory is read from /proc')
  const owner = await OwnerProcess.startReady()
  await handOver(owner, launchOf('before'))
  const before = memoryOf(owner.pid, 'VmRSS')
  let connections = 0
  const callers = new Set<Socket>()
  onTestFinished(() => {
    for (const socket of callers) socket.destroy()
  })
  const call = () => {
    const turn = connections++
    const socket = createConnection(owner.endpoint)
      .on('error', () => undefined)
      .resume()
    callers.add(socket)
    socket.on('close', () => callers.delete(socket))
    nuisances[turn % nuisances.length]?.(socket, turn)
  }
  const floodUntil = async (end: number) => {
    while (performance.now() < end) {
      while (callers.size < callersAtOnce) call()
      await pause(1)
    }
  }
  await owner.blocks()
  const begin = performance.now()
  await floodUntil(begin + seconds * 500)
  const unblocked = owner.unblocks()
  await floodUntil(begin + seconds * 1_000)
  await unblocked
  const peak = memoryOf(owner.pid, 'VmHWM')
  for (const socket of callers) socket.destroy()
  const grown = Math.round(peak - before)
  expect(await handOver(owner, launchOf('after'), { patience: 20_000 })).toMatchObject({
    type: 'launched',
  })
  expect(await owner.awake()).toMatchObject({ pid: owner.pid })
  const ids = (await owner.launches()).map(({ id }) => id)
  console.log(
    `${connections} connections in ${seconds} s, ${ids.length} launches delivered, ` +
      `${grown} MiB more at the peak than the ${Math.round(before)} MiB before`,
  )
  expect(new Set(ids).size).toBe(ids.length)
  expect(owner.threads).toBe(1)
  expect(grown).toBeLessThan(128)
})
