import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { askStatus, handOver } from '../../../src/main/handoff/client.ts'
import { HandoffError } from '../../../src/main/handoff/messages/errors.ts'
import { MainThreadProbe } from '../../../src/main/handoff/owner/main-thread-probe.ts'
import { OwnerAnswers } from '../../../src/main/handoff/owner/owner-answers.ts'
import { tryTake } from '../../../src/main/handoff/owner/thread-messages.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { launchOf, OwnerProcess } from '../owner-process.ts'

test('an owner tells its state, its progress and who it is', async () => {
  const owner = await OwnerProcess.start()
  expect(await owner.awake()).toEqual({
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
  const begin = performance.now()
  const owner = await OwnerProcess.startReady()
  await owner.blocks()
  const first = await owner.status()
  expect(first.pid).toBe(owner.pid)
  expect(first.silentFor).toBeGreaterThan(0)
  const later = await owner.status(({ silentFor }) => silentFor > first.silentFor + 1_000)
  expect(later.silentFor).toBeLessThan(performance.now() - begin)
  await owner.unblocks()
  expect(await owner.awake()).toMatchObject({ state: 'ready' })
})

test('a launch that a blocked owner did not take is not done later, and can be handed over again', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.blocks()
  const launch = launchOf('again')
  const reply = await handOver(owner, launch, { patience: 300 })
  expect(reply).toMatchObject({ type: 'busy', status: { state: 'ready' } })
  await owner.unblocks()
  expect(await owner.launches()).toEqual([])
  expect(await handOver(owner, launch, { patience: 20_000 })).toMatchObject({
    type: 'launched',
    outcome: 'focused',
  })
  expect(await owner.launches()).toEqual([launch])
})

test('an owner that responds within a moment has the launch, even if the patience is shorter', async () => {
  const owner = await OwnerProcess.start()
  await owner.does({ publish: { state: 'asking' } })
  for (let attempt = 1; ; attempt++) {
    await owner.blocks()
    const handingOver = handOver(owner, launchOf(`${attempt}`), { patience: 0 })
    await sleep(50)
    await owner.unblocks()
    const reply = await handingOver
    // On a busy machine the moment may be over before the owner goes on.
    if ('status' in reply && reply.status.silentFor > 0) continue
    expect(reply).toMatchObject({ type: 'queued', status: { state: 'asking' } })
    break
  }
})

/** The answer of an owner that is ready, whose main thread takes the launch and then does that. */
function answerAfter(
  patience: number,
  probe: MainThreadProbe,
  then: (answers: OwnerAnswers, n: number) => void,
) {
  const owner = { pid: 1 }
  const start = { path: '', folder: undefined, token: '', owner, activity: { state: 'ready' } } as const
  const answers = new OwnerAnswers(start, probe, (message) => {
    if (message.type !== 'launch' || !tryTake(message.state)) throw new Error('the launch was withdrawn')
    then(answers, message.number)
  })
  const request = { v: 1, token: '', type: 'launch', launch: launchOf('late'), patience } as const
  return answers.answer(request, 100, new AbortController().signal)
}

test('an answer that comes just after the end of the patience is passed on', async () => {
  const probe = new MainThreadProbe(() => setTimeout(() => probe.answered(), 100))
  const reply = await answerAfter(0, probe, (answers, number) => {
    setTimeout(() => answers.done(number, { type: 'refused', code: 'failed', reason: 'x' }), 50)
  })
  expect(reply).toMatchObject({ type: 'refused', reason: 'x' })
})

test('an owner that falls silent over a launch is silent from then on, not only from the end of the patience', async () => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
  })
  onTestFinished(() => void vi.useRealTimers())
  const blocked = new MainThreadProbe(() => undefined)
  const answering = answerAfter(2_500, blocked, () => undefined)
  vi.advanceTimersByTime(2_500)
  expect(await answering).toMatchObject({ type: 'queued', status: { state: 'ready', silentFor: 1_500 } })
})

test('an owner that is blocked while it starts takes launches all the same', async () => {
  const owner = await OwnerProcess.start()
  await owner.blocks()
  const reply = await handOver(owner, launchOf('early'), { patience: 300 })
  expect(reply).toMatchObject({ type: 'queued', status: { state: 'starting' } })
  await owner.unblocks()
  expect(await owner.launches()).toEqual([])
  await owner.does({ publish: { state: 'ready' } })
  await owner.says((fact) => fact.launch?.id === 'early')
  expect(await owner.launches()).toHaveLength(1)
})

test('a stopped owner does not answer, and does not find the launch when it is continued', async () => {
  const owner = await OwnerProcess.startReady()
  owner.kill('SIGSTOP')
  const silent = await thrownBy(HandoffError, () => askStatus(owner, { timeout: 500 }))
  expect(silent.failure).toBe('no-answer')
  const error = await thrownBy(HandoffError, () => handOver(owner, launchOf('stale'), { patience: 0 }))
  expect(error.failure).toBe('no-answer')
  owner.kill('SIGCONT')
  const reply = await handOver(owner, launchOf('fresh'), { patience: 20_000 })
  expect(reply).toMatchObject({ type: 'launched' })
  expect((await owner.launches()).map(({ id }) => id)).toEqual(['fresh'])
})

test('a killed owner is gone', async () => {
  const owner = await OwnerProcess.startReady()
  await owner.dies()
  expect((await thrownBy(HandoffError, () => askStatus(owner))).failure).toBe('gone')
})
