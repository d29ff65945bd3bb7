import { expect, onTestFinished, test, vi } from 'vitest'
import type { OwnerWatch } from '../../../src/main/electron/held/owner-watch.ts'
import type { HeldCase } from '../../../src/main/electron/words/held-text.ts'
import { OwnerProcess } from '../../handoff/owner-process.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { startOwner, watchOwner } from './watched-owner.ts'

/** Looks until the owner does that. */
function untilIt(watch: OwnerWatch, kind: HeldCase['kind']): Promise<void> {
  return watch.follow(new AbortController().signal, () => watch.now.kind === kind)
}

const servedBy = ({ endpoint, token }: { endpoint: string; token: string }) =>
  `lock.publish(${JSON.stringify({ endpoint, token, state: 'ready' })})`

test('an owner without an endpoint takes no requests, before the first look and after it', async () => {
  const dir = temporaryDirectory()
  const { pid } = await startOwner(dir)
  const watch = watchOwner(dir)
  expect(watch.now).toEqual({ kind: 'no-server' })
  await watch.look()
  expect(watch.now).toEqual({ kind: 'no-server' })
  expect(watch.facts).toMatchObject({ app: 'Notes', pid, dir })
})

test('an owner whose token this user cannot read takes no requests until it is closing', async () => {
  const dir = temporaryDirectory()
  const owner = await startOwner(
    dir,
    `lock.publish({ endpoint: '/tmp/none.sock', state: 'ready' })
    process.stdin.on('data', () => lock.publish({ state: 'quitting' }))`,
  )
  const watch = watchOwner(dir)
  expect(watch.now).toEqual({ kind: 'no-server' })
  await watch.look()
  expect(watch.now).toEqual({ kind: 'no-server' })
  owner.tell('close')
  await untilIt(watch, 'quitting')
})

test('before the first look, the record shows that the owner asks its user something', async () => {
  const dir = temporaryDirectory()
  await startOwner(dir, `lock.publish({ endpoint: '/tmp/none.sock', token: 'secret', state: 'asking' })`)
  expect(watchOwner(dir).now).toEqual({ kind: 'asking' })
})

test('one look takes the lock when the owner has ended', async () => {
  const dir = temporaryDirectory()
  const owner = await startOwner(dir)
  const watch = watchOwner(dir)
  await watch.look()
  expect(watch.lock).toBeUndefined()
  await owner.kill()
  await watch.look()
  expect(watch.lock?.dir).toBe(dir)
})

test('the answer of an owner counts, not its record', async () => {
  const dir = temporaryDirectory()
  const server = await OwnerProcess.start()
  await startOwner(dir, servedBy(server))
  const watch = watchOwner(dir)
  expect(watch.now).toEqual({ kind: 'answering' })
  await untilIt(watch, 'starting')
  await server.does({ publish: { state: 'migrating', progress: { done: 1, total: 3 } } })
  await untilIt(watch, 'migrating')
  expect(watch.now).toEqual({ kind: 'migrating', done: 1, total: 3 })
})

test('the silence of a stopped owner keeps its beginning, and ends when the owner answers', async () => {
  const dir = temporaryDirectory()
  const server = await OwnerProcess.startReady()
  await startOwner(dir, servedBy(server))
  const watch = watchOwner(dir)
  server.kill('SIGSTOP')
  await untilIt(watch, 'silent')
  const silence = watch.now
  await watch.look()
  expect(watch.now).toEqual(silence)
  server.kill('SIGCONT')
  await untilIt(watch, 'answering')
})

test('an owner takes no requests if no process listens at its endpoint, unless it is closing', async () => {
  const nowhere = { endpoint: `${temporaryDirectory()}/none`, token: 'secret' }
  const dir = temporaryDirectory()
  const owner = await startOwner(
    dir,
    `${servedBy(nowhere)}
    process.stdin.on('data', () => lock.publish({ state: 'quitting' }))`,
  )
  const watch = watchOwner(dir)
  await watch.look()
  // Its server may not run yet.
  expect(watch.now).toEqual({ kind: 'answering' })
  await untilIt(watch, 'no-server')
  owner.tell('close')
  await untilIt(watch, 'quitting')
})

test('an owner without a server that starts for more than 10 s is silent since the first question', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const dir = temporaryDirectory()
  await startOwner(dir, `lock.publish({ endpoint: '${dir}/none.sock', token: 'secret', state: 'starting' })`)
  const watch = watchOwner(dir)
  const asked = new Date()
  await watch.look()
  expect(watch.now).toEqual({ kind: 'starting' })
  vi.setSystemTime(asked.getTime() + 9_000)
  await watch.look()
  expect(watch.now).toEqual({ kind: 'starting' })
  vi.setSystemTime(asked.getTime() + 11_000)
  await watch.look()
  expect(watch.now).toEqual({ kind: 'silent', since: asked })
})

test('the silence of one owner does not count for the next', async () => {
  const dir = temporaryDirectory()
  const server = await OwnerProcess.startReady()
  const first = await startOwner(dir, servedBy(server))
  const watch = watchOwner(dir)
  server.kill('SIGSTOP')
  await untilIt(watch, 'silent')
  const silence = watch.now
  await first.kill()
  await startOwner(dir, servedBy(server))
  await watch.look()
  expect(watch.now.kind).toBe('silent')
  expect(watch.now).not.toEqual(silence)
})
