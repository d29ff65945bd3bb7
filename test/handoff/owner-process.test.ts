import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { askStatus, askToQuit, handOver } from '../../src/main/handoff/client.ts'
import { HandoffError } from '../../src/main/handoff/errors.ts'
import type { Launch, OwnerStatus } from '../../src/main/handoff/protocol.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'
import { OwnerProcess } from './owner-process.ts'

const run = promisify(execFile)

function launchOf(id: string): Launch {
  return { id, argv: [], cwd: '/', files: [], urls: [] }
}

async function until<T>(ask: () => Promise<T | false>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== false) return answer
    await pause(100)
  }
}

/** The milliseconds something takes. */
async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await run()
  return performance.now() - begin
}

test('an owner tells its state, its progress and who it is', async () => {
  const owner = await OwnerProcess.start()
  expect(await askStatus(owner)).toEqual({
    state: 'starting',
    silentFor: 0,
    pid: owner.pid,
    app: 'Owner',
    version: '1.2.3',
  })
  await owner.does({ publish: { state: 'migrating', progress: { done: 3, total: 7 } } })
  expect(await askStatus(owner)).toMatchObject({ state: 'migrating', progress: { done: 3, total: 7 } })
  await owner.does({ publish: { state: 'ready' } })
  expect(await askStatus(owner)).not.toHaveProperty('progress')
})

test('an owner whose main thread is blocked says for how long, and answers again afterwards', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.blocks(5_000)
  const answers: OwnerStatus[] = []
  for (let question = 0; question < 3; question++) {
    expect(await timeOf(async () => answers.push(await askStatus(owner)))).toBeLessThan(3_000)
    await pause(600)
  }
  const silences = answers.map(({ silentFor }) => silentFor)
  expect(silences).toEqual(silences.toSorted((a, b) => a - b))
  expect(silences[0]).toBeGreaterThan(200)
  expect(silences[2]).toBeGreaterThan(1_500)
  expect(answers[0]?.pid).toBe(owner.pid)
  await owner.says((fact) => fact.done?.includes('block') ?? false)
  expect((await askStatus(owner)).silentFor).toBe(0)
})

test('a launch that a blocked owner did not take is not done later, and can be handed over again', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.blocks(2_500)
  const launch = launchOf('again')
  const seen: OwnerStatus[] = []
  const reply = await handOver(owner, launch, { patience: 1_000, onStatus: (status) => seen.push(status) })
  expect(reply).toMatchObject({ type: 'busy', status: { state: 'ready' } })
  expect(seen.some(({ silentFor }) => silentFor > 0)).toBe(true)
  await owner.says((fact) => fact.done?.includes('block') ?? false)
  await pause(200)
  expect(owner.launches).toEqual([])
  expect(await handOver(owner, launch)).toMatchObject({ type: 'launched', outcome: 'focused' })
  expect(owner.launches).toEqual([launch])
})

test('an owner that is blocked while it starts takes launches all the same', async () => {
  const owner = await OwnerProcess.start()
  await owner.blocks(2_000)
  const reply = await handOver(owner, launchOf('early'), { patience: 300 })
  expect(reply).toMatchObject({ type: 'queued', status: { state: 'starting' } })
  expect(owner.launches).toEqual([])
  await owner.does({ publish: { state: 'ready' } })
  await owner.says((fact) => fact.launch?.id === 'early')
  expect(owner.launches).toHaveLength(1)
})

test('launches that came while the owner was starting are delivered in order, once it is ready', async () => {
  const owner = await OwnerProcess.start()
  const ids = Array.from({ length: 20 }, (_, index) => `file-${index}`)
  for (const id of ids) {
    expect(await handOver(owner, launchOf(id), { patience: 0 })).toMatchObject({ type: 'queued' })
  }
  expect(owner.launches).toEqual([])
  await owner.does({ publish: { state: 'ready' } })
  await owner.says((fact) => fact.launch?.id === ids.at(-1))
  expect(owner.launches.map(({ id }) => id)).toEqual(ids)
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
  expect(owner.launches).toHaveLength(64)
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
  expect(owner.launches.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
}, 60_000)

test('a launch that was answered is not delivered again, and one that failed is', async () => {
  const owner = await OwnerProcess.startReady()
  await handOver(owner, launchOf('twice'))
  expect(await handOver(owner, launchOf('twice'))).toMatchObject({ type: 'launched' })
  expect(owner.launches).toHaveLength(1)
  const failing = { ...launchOf('failing'), argv: ['--fail'] }
  const refusal = { type: 'refused', code: 'failed', reason: 'no room' }
  expect(await handOver(owner, failing)).toMatchObject(refusal)
  expect(await handOver(owner, failing)).toMatchObject(refusal)
  expect(owner.launches).toHaveLength(3)
})

test('a stopped owner does not answer, and does not find the launch when it is continued', async () => {
  const owner = await OwnerProcess.startReady()
  await askStatus(owner)
  owner.kill('SIGSTOP')
  let failure: HandoffError | undefined
  const time = await timeOf(async () => {
    failure = await thrownBy(HandoffError, () => askStatus(owner))
  })
  expect(failure?.failure).toBe('no-answer')
  expect(time).toBeLessThan(3_000)
  const error = await thrownBy(HandoffError, () => handOver(owner, launchOf('stale'), { patience: 0 }))
  expect(error.failure).toBe('no-answer')
  owner.kill('SIGCONT')
  expect(await handOver(owner, launchOf('fresh'))).toMatchObject({ type: 'launched' })
  expect(owner.launches.map(({ id }) => id)).toEqual(['fresh'])
})

test('a killed owner is gone', async () => {
  const owner = await OwnerProcess.startReady()
  await askStatus(owner)
  await owner.dies()
  expect((await thrownBy(HandoffError, () => askStatus(owner))).failure).toBe('gone')
})

test('a launch that its contender takes back before the app has it is not delivered', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.blocks(1_500)
  await expect(handOver(owner, launchOf('taken-back'), { signal: AbortSignal.timeout(500) })).rejects.toThrow(
    'timeout',
  )
  expect(await handOver(owner, launchOf('kept'), { patience: 10_000 })).toMatchObject({ type: 'launched' })
  expect(owner.launches.map(({ id }) => id)).toEqual(['kept'])
})

test('an owner is asked to quit, and decides', async () => {
  const owner = await OwnerProcess.startReady()
  expect(await askToQuit(owner)).toMatchObject({ type: 'refused', code: 'declined' })
  await owner.does({ agreesToQuit: true })
  expect(await askToQuit(owner)).toMatchObject({ type: 'agreed' })
  expect(owner.said.filter(({ quitRequest }) => quitRequest)).toHaveLength(2)
})

test('a blocked owner that was asked to quit does not do so later', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.does({ agreesToQuit: true })
  await owner.blocks(1_500)
  expect(await askToQuit(owner, { patience: 200 })).toMatchObject({ type: 'busy' })
  await owner.says((fact) => fact.done?.includes('block') ?? false)
  await askStatus(owner)
  expect(owner.said.some(({ quitRequest }) => quitRequest)).toBe(false)
})

test('a quitting owner takes no launch', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.does({ publish: { state: 'quitting' } })
  const reply = await handOver(owner, launchOf('late'))
  expect(reply).toMatchObject({ type: 'busy', status: { state: 'quitting' } })
})

test('a server thread that dies is started again at the same endpoint, and no launch is lost or doubled', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.does({ launchTime: 1_000 })
  const reply = handOver(owner, launchOf('through'), { patience: 10_000 })
  await owner.says((fact) => fact.launch?.id === 'through')
  await owner.does({ killThread: true })
  expect(await reply).toMatchObject({ type: 'launched' })
  expect(await askStatus(owner)).toMatchObject({ state: 'ready' })
  expect(owner.launches).toHaveLength(1)
})

test('a launch that was taken for an owner at work outlives the server thread', async () => {
  const owner = await OwnerProcess.start()
  await askStatus(owner)
  await owner.blocksAnd(1_500, { killThread: true })
  expect(await handOver(owner, launchOf('kept'), { patience: 100 })).toMatchObject({ type: 'queued' })
  await owner.does({ publish: { state: 'ready' } })
  await owner.says((fact) => fact.launch?.id === 'kept')
  expect(owner.launches).toHaveLength(1)
})

test('a server thread that keeps dying is given up', async () => {
  const owner = await OwnerProcess.startReady()
  for (let death = 0; death < 5; death++) await owner.does({ killThread: true })
  expect(owner.said.some(({ ended }) => ended)).toBe(false)
  owner.tell({ killLastThread: true })
  await owner.says(({ ended }) => ended === true)
  expect((await thrownBy(HandoffError, () => askStatus(owner))).failure).toBe('gone')
})

test('a folder of the socket alone that was removed is made anew, for this user alone', async () => {
  const dir = join(temporaryDirectory(), 'ä'.repeat(60))
  mkdirSync(dir)
  const owner = await OwnerProcess.start(dir)
  await askStatus(owner)
  const folder = dirname(owner.endpoint)
  expect(folder).not.toBe(dir)
  rmSync(folder, { recursive: true })
  expect(await until(() => askStatus(owner).catch(() => false as const))).toMatchObject({ pid: owner.pid })
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  await owner.does({ close: true })
  expect(existsSync(folder)).toBe(false)
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
])('a socket file that was %s is made anew', async (_how, damage) => {
  const owner = await OwnerProcess.startReady()
  await askStatus(owner)
  damage(owner.endpoint)
  const status = await until(() => askStatus(owner).catch(() => false as const))
  expect(status.pid).toBe(owner.pid)
})
