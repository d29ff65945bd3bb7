import { expect, onTestFinished, test, vi } from 'vitest'
import type { Contender } from '../../../src/main/electron/held/contender.ts'
import { deliverLaunch, handOverAtOnce, resultOf } from '../../../src/main/electron/held/deliver-launch.ts'
import type { OwnerStatus } from '../../../src/main/handoff/messages/protocol.ts'
import { launchOf, OwnerProcess } from '../../handoff/owner-process.ts'
import type { LockScript } from '../../support/lock-script.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { contenderOf, startOwner, watchOwner } from './watched-owner.ts'

/** A launch that has met an owner in state `starting`. One process has the lock and another the server. */
async function meetOwner(): Promise<{ contender: Contender; server: OwnerProcess; owner: LockScript }> {
  const dir = temporaryDirectory()
  const server = await OwnerProcess.start()
  const { endpoint, token } = server
  const owner = await startOwner(dir, `lock.publish(${JSON.stringify({ endpoint, token })})`)
  return { contender: contenderOf(watchOwner(dir), launchOf('a')), server, owner }
}

const launchesOf = (server: OwnerProcess) => server.said.filter(({ launch }) => launch !== undefined)

/** Waits until this process has seen the owner do that. */
async function untilSeen({ watch }: Contender, kind: string): Promise<void> {
  await watch.follow(new AbortController().signal, () => watch.now.kind === kind)
}

test('an owner gets the launch once when it becomes ready, and the launch is handed over then', async () => {
  const { contender, server } = await meetOwner()
  const delivering = deliverLaunch(contender)
  let isDelivered = false
  void delivering.then(() => {
    isDelivered = true
  })
  await untilSeen(contender, 'starting')
  await server.does({ publish: { state: 'migrating', progress: { done: 1, total: 2 } } })
  await untilSeen(contender, 'migrating')
  expect(isDelivered).toBe(false)
  expect(launchesOf(server)).toEqual([])
  await server.does({ publish: { state: 'ready' } })
  expect(await delivering).toBe('handed-over')
  expect(launchesOf(server)).toHaveLength(1)
})

test('if the owner ends before it is ready, this process gets the lock and still has the launch', async () => {
  const { contender, server, owner } = await meetOwner()
  const delivering = deliverLaunch(contender)
  await untilSeen(contender, 'starting')
  server.kill('SIGKILL')
  await owner.kill()
  expect(await delivering).toBe('free')
  expect(contender.watch.lock).toBeDefined()
})

test('a question of the owner to its user ends the wait, unless the wait goes on through questions', async () => {
  const { contender, server } = await meetOwner()
  await server.does({ publish: { state: 'asking' } })
  expect(await deliverLaunch(contender)).toBeUndefined()
  expect(contender.watch.now).toEqual({ kind: 'asking' })
  const through = deliverLaunch(contender, { tried: 'waiting', throughQuestions: true })
  await untilSeen(contender, 'asking')
  await server.does({ publish: { state: 'ready' } })
  expect(await through).toBe('handed-over')
  expect(launchesOf(server)).toHaveLength(1)
})

test('a launch of more than 1 MiB is kept, the user sees why, and the owner gets none of it', async () => {
  const { contender, server } = await meetOwner()
  await server.does({ publish: { state: 'ready' } })
  const stderr = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  onTestFinished(() => stderr.mockRestore())
  const files = Array.from({ length: 20_000 }, (_, index) => `/${'x'.repeat(50)}${index}.md`)
  const launch = { ...launchOf('large'), files }
  const reason =
    'Too many files were opened at once, or the link is too long (over 1 MiB). Open fewer files at a time, or a shorter link.'
  expect(await deliverLaunch({ ...contender, launches: () => [launch] })).toBe('tooBig')
  expect(stderr).toHaveBeenCalledWith(reason)
  expect(launchesOf(server)).toEqual([])
  // On a busy machine the thread may take longer to start than the caller waits for it.
  const atOnce = () => handOverAtOnce({ ...contender, launches: () => [launch] })
  await vi.waitFor(() => expect(atOnce()).toEqual({ type: 'not-sent', reason }), 60_000)
  expect(launchesOf(server)).toEqual([])
})

const queued = (state: OwnerStatus['state'], silentFor: number) =>
  resultOf({ v: 1, type: 'queued', status: { state, silentFor, pid: 42 } })

test('a launch is handed over when the app of the owner has it', () => {
  expect(queued('ready', 900)).toBe('handed-over')
})

test('a launch that waits for an owner to become ready is not handed over yet', () => {
  expect(queued('starting', 0)).toBe('waiting')
  expect(queued('starting', 9_000)).toBe('waiting')
  expect(queued('migrating', 29_000)).toBe('waiting')
  expect(queued('asking', 0)).toBe('waiting')
})

test('a launch in the queue of a silent owner is not handed over: the user sees that there is no answer', () => {
  expect(queued('starting', 11_000)).toBe('noAnswer')
  expect(queued('migrating', 31_000)).toBe('noAnswer')
  expect(queued('ready', 1_500)).toBe('noAnswer')
})
