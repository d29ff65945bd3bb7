import { expect, onTestFinished, test, vi } from 'vitest'
import type { Contention } from '../../../src/main/electron/held/contention.ts'
import { deliverLaunch, untilDelivered } from '../../../src/main/electron/held/deliver-launch.ts'
import { handOverAtOnce } from '../../../src/main/electron/held/hand-over-at-once.ts'
import { launchOf, OwnerProcess } from '../../handoff/owner-process.ts'
import type { LockScript } from '../../support/lock-script.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { contentionOf, startOwner, watchOwner } from './watched-owner.ts'

/** A launch that has met an owner in state `starting`. One process has the lock and another the server. */
async function meetOwner(): Promise<{ contention: Contention; server: OwnerProcess; owner: LockScript }> {
  const dir = temporaryDirectory()
  const server = await OwnerProcess.start()
  const { endpoint, token } = server
  const owner = await startOwner(dir, `lock.publish(${JSON.stringify({ endpoint, token })})`)
  return { contention: contentionOf(watchOwner(dir), launchOf('a')), server, owner }
}

const launchesOf = (server: OwnerProcess) => server.said.filter(({ launch }) => launch !== undefined)

/** Waits until the owner is seen to do that, by this process, and then has time to react to it. */
async function untilSeen({ watch }: Contention, kind: string): Promise<void> {
  await watch.follow(new AbortController().signal, () => watch.now.kind === kind)
}

test('an owner that becomes ready gets the launch once, and only then is it handed over', async () => {
  const { contention, server } = await meetOwner()
  const delivering = deliverLaunch(contention, false)
  let isDelivered = false
  void delivering.then(() => {
    isDelivered = true
  })
  await untilSeen(contention, 'starting')
  await server.does({ publish: { state: 'migrating', progress: { done: 1, total: 2 } } })
  await untilSeen(contention, 'migrating')
  expect(isDelivered).toBe(false)
  expect(launchesOf(server)).toEqual([])
  await server.does({ publish: { state: 'ready' } })
  expect(await delivering).toBe('handed-over')
  expect(launchesOf(server)).toHaveLength(1)
})

test('when the owner ends before it is ready, the lock is this process’s and the launch is not lost', async () => {
  const { contention, server, owner } = await meetOwner()
  const delivering = deliverLaunch(contention, false)
  await untilSeen(contention, 'starting')
  server.kill('SIGKILL')
  await owner.kill()
  expect(await delivering).toBe('free')
  expect(contention.watch.lock).toBeDefined()
})

test('an owner that asks its user something ends the waiting, unless it is to go on through that', async () => {
  const { contention, server } = await meetOwner()
  await server.does({ publish: { state: 'asking' } })
  expect(await deliverLaunch(contention, false)).toBeUndefined()
  expect(contention.watch.now).toEqual({ kind: 'asking' })
  const through = untilDelivered(contention, true)
  await untilSeen(contention, 'asking')
  await server.does({ publish: { state: 'ready' } })
  expect(await through).toBe('handed-over')
  expect(launchesOf(server)).toHaveLength(1)
})

test('a launch of more than 1 MiB is kept, the user sees why, and the owner gets none of it', async () => {
  const { contention, server } = await meetOwner()
  await server.does({ publish: { state: 'ready' } })
  const stderr = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  onTestFinished(() => stderr.mockRestore())
  const files = Array.from({ length: 20_000 }, (_, index) => `/${'x'.repeat(50)}${index}.md`)
  const launch = { ...launchOf('large'), files }
  const refused =
    'The launch was not handed over: it is larger than 1 MiB. Nothing was sent to it. Open fewer files at a time.'
  expect(await deliverLaunch({ ...contention, launches: () => [launch] }, false)).toEqual({ refused })
  expect(stderr).toHaveBeenCalledWith(refused)
  expect(launchesOf(server)).toEqual([])
  // On a busy machine the thread may take longer to start than the caller waits for it.
  const atOnce = () => handOverAtOnce({ ...contention, launches: () => [launch] })
  await vi.waitFor(() => expect(atOnce()).toEqual({ type: 'not-sent', reason: refused }), 60_000)
  expect(launchesOf(server)).toEqual([])
})
