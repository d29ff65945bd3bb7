import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { askStatus, askToQuit, handOver } from '../../src/main/handoff/client.ts'
import { HandoffError } from '../../src/main/handoff/errors.ts'
import type { OwnerStatus } from '../../src/main/handoff/protocol.ts'
import { thrownBy } from '../support/thrown-by.ts'
import { launchOf, OwnerProcess } from './owner-process.ts'

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

test('a stopped owner does not answer, and does not find the launch when it is continued', async () => {
  const owner = await OwnerProcess.startReady()
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
  await owner.dies()
  expect((await thrownBy(HandoffError, () => askStatus(owner))).failure).toBe('gone')
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
