import { hrtime } from 'node:process'
import { Worker } from 'node:worker_threads'
import { expect, test, vi } from 'vitest'
import { Heartbeat, MainThreadProbe } from '../../../src/main/handoff/owner/heartbeat.ts'

/** A main thread whose last beat was that many milliseconds ago, and which is blocked. */
function blockedThread(beatAge: number): MainThreadProbe {
  const { shared } = new Heartbeat()
  new BigInt64Array(shared)[0] = hrtime.bigint() - BigInt(beatAge) * 1_000_000n
  return new MainThreadProbe(shared, () => undefined)
}

test('a silence that begins just before the next beat is not taken for one that began after the last', async () => {
  const begin = performance.now()
  const silentFor = await blockedThread(999).silentFor()
  expect(silentFor).toBeGreaterThan(0)
  expect(silentFor).toBeLessThanOrEqual(performance.now() - begin)
})

test('a silence that nobody asked about is told by the beats that are missing', async () => {
  const silentFor = await blockedThread(12_000).silentFor()
  expect(silentFor).toBeGreaterThanOrEqual(11_000)
})

test('a question that stays unanswered counts from when it was first asked', async () => {
  const probe = blockedThread(0)
  const first = await probe.silentFor()
  const again = await probe.silentFor()
  expect(again).toBeGreaterThanOrEqual(first)
  probe.answered()
  const answered = probe.silentFor()
  probe.answered()
  expect(await answered).toBe(0)
})

test('a thread that is blocked is silent, and no more so than it was blocked', async () => {
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const beat = new Heartbeat()
  const thread = new Worker(
    `const { parentPort, workerData: gate } = require('node:worker_threads')
     parentPort.on('message', () => parentPort.postMessage('pong'))
     parentPort.postMessage('up')
     Atomics.wait(gate, 0, 0)`,
    { eval: true, workerData: gate },
  )
  const heard = () => new Promise((resolve) => thread.once('message', resolve))
  await heard()
  const begin = performance.now()
  beat.beat()
  const probe = new MainThreadProbe(beat.shared, () => thread.postMessage('ping'))
  const silentFor = await probe.silentFor()
  expect(silentFor).toBeGreaterThan(0)
  expect(silentFor).toBeLessThanOrEqual(performance.now() - begin)
  thread.on('message', () => probe.answered())
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
  // With turns of the loop between the questions, in which the answer can come.
  await vi.waitFor(async () => expect(await probe.silentFor()).toBe(0), 10_000)
  await thread.terminate()
})
