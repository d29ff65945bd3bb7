import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { handOver } from '../../src/main/handoff/client.ts'
import { launchOf, OwnerProcess } from './owner-process.ts'

const run = promisify(execFile)

test('launches that came while the owner was starting are delivered in order, once it is ready', async () => {
  const owner = await OwnerProcess.start()
  const ids = Array.from({ length: 20 }, (_, index) => `file-${index}`)
  for (const id of ids) {
    expect(await handOver(owner, launchOf(id), { patience: 0 })).toMatchObject({ type: 'queued' })
  }
  expect(await owner.launches()).toEqual([])
  await owner.does({ publish: { state: 'ready' } })
  await owner.says((fact) => fact.launch?.id === ids.at(-1))
  expect((await owner.launches()).map(({ id }) => id)).toEqual(ids)
})

test('more launches than an owner keeps are refused, and none of the others is lost', async () => {
  const owner = await OwnerProcess.start()
  const replies: string[] = []
  for (let index = 0; index < 70; index++) {
    replies.push((await handOver(owner, launchOf(`${index}`), { patience: 0 })).type)
  }
  expect(replies.filter((type) => type === 'queued')).toHaveLength(64)
  expect(replies.slice(64)).toEqual(Array(6).fill('refused'))
  await owner.does({ publish: { state: 'ready' } })
  await owner.says((fact) => fact.launch?.id === '63')
  expect(await owner.launches()).toHaveLength(64)
})

test('twenty contenders at once that give up and come back are each delivered once', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.does({ launchTime: 20 })
  const script = resolve(import.meta.dirname, 'contender-process.mjs')
  const ids = Array.from({ length: 20 }, (_, index) => `contender-${index}`)
  const { endpoint, token } = owner
  const replies = await Promise.all(
    ids.map(async (id) => {
      const args = [script, JSON.stringify({ endpoint, token }), JSON.stringify(launchOf(id)), '5']
      return JSON.parse((await run(process.execPath, args)).stdout)
    }),
  )
  expect(replies).toEqual(ids.map(() => ({ v: 1, type: 'launched', outcome: 'focused' })))
  expect((await owner.launches()).map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
}, 60_000)

test('a launch that was answered is not delivered again, and one that failed is', async () => {
  const owner = await OwnerProcess.startReady()
  await handOver(owner, launchOf('twice'))
  expect(await handOver(owner, launchOf('twice'))).toMatchObject({ type: 'launched' })
  expect(await owner.launches()).toHaveLength(1)
  const failing = { ...launchOf('failing'), argv: ['--fail'] }
  const refusal = { type: 'refused', code: 'failed', reason: 'no room' }
  expect(await handOver(owner, failing)).toMatchObject(refusal)
  expect(await handOver(owner, failing)).toMatchObject(refusal)
  expect(await owner.launches()).toHaveLength(3)
})

test('a launch that its contender takes back before the app has it is not delivered', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.blocks()
  await expect(handOver(owner, launchOf('taken-back'), { signal: AbortSignal.timeout(300) })).rejects.toThrow(
    'timeout',
  )
  // Answered later than the server thread hears of the caller that left.
  await owner.status()
  const kept = handOver(owner, launchOf('kept'), { patience: 20_000 })
  await owner.unblocks()
  expect(await kept).toMatchObject({ type: 'launched' })
  expect((await owner.launches()).map(({ id }) => id)).toEqual(['kept'])
})

test('a quitting owner takes no launch', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.does({ publish: { state: 'quitting' } })
  const reply = await handOver(owner, launchOf('late'))
  expect(reply).toMatchObject({ type: 'busy', status: { state: 'quitting' } })
})
