import { expect, test } from 'vitest'
import type { OwnerWatch } from '../../../src/main/electron/held/owner-watch.ts'
import type { HeldCase } from '../../../src/main/electron/held/words/held-case.ts'
import { OwnerProcess } from '../../handoff/owner-process.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { startOwner, watchOwner } from './watched-owner.ts'

/** Looks until the owner is seen to do that. */
function untilIt(watch: OwnerWatch, kind: HeldCase['kind']): Promise<void> {
  return watch.follow(new AbortController().signal, () => watch.now.kind === kind)
}

const servedBy = ({ endpoint, token }: { endpoint: string; token: string }) =>
  `lock.publish(${JSON.stringify({ endpoint, token, state: 'ready' })})`

test('an owner that takes no requests is seen not to, before it is asked and after', async () => {
  const dir = temporaryDirectory()
  const { pid } = await startOwner(dir)
  const watch = watchOwner(dir)
  expect(watch.now).toEqual({ kind: 'no-server' })
  await watch.look()
  expect(watch.now).toEqual({ kind: 'no-server' })
  expect(watch.facts).toMatchObject({ app: 'Notes', pid, dir })
})

test('an owner whose token is another user’s takes no requests, until it is closing', async () => {
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

test('an owner that waits for an answer is shown as such before it is asked', async () => {
  const dir = temporaryDirectory()
  await startOwner(dir, `lock.publish({ endpoint: '/tmp/none.sock', token: 'secret', state: 'asking' })`)
  expect(watchOwner(dir).now).toEqual({ kind: 'asking' })
})

test('when the owner is gone the lock is this process’s after one look', async () => {
  const dir = temporaryDirectory()
  const owner = await startOwner(dir)
  const watch = watchOwner(dir)
  await watch.look()
  expect(watch.lock).toBeUndefined()
  await owner.kill()
  await watch.look()
  expect(watch.lock?.dir).toBe(dir)
})

test('an owner is what it answers, not what its record says', async () => {
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

test('the silence of a stopped owner began once, and is over when it answers', async () => {
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

test('an owner at whose endpoint nobody listens takes no requests, unless it is closing', async () => {
  const nowhere = { endpoint: `${temporaryDirectory()}/none`, token: 'secret' }
  const dir = temporaryDirectory()
  const owner = await startOwner(
    dir,
    `${servedBy(nowhere)}
    process.stdin.on('data', () => lock.publish({ state: 'quitting' }))`,
  )
  const watch = watchOwner(dir)
  await watch.look()
  // Its server may not be up yet.
  expect(watch.now).toEqual({ kind: 'answering' })
  await untilIt(watch, 'no-server')
  owner.tell('close')
  await untilIt(watch, 'quitting')
})

test('what was seen of an owner is not held against the next', async () => {
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
