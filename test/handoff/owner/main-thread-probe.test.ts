import { Worker } from 'node:worker_threads'
import { expect, test, vi } from 'vitest'
import { MainThreadProbe } from '../../../src/main/handoff/owner/main-thread-probe.ts'

test('the main thread is pinged only when somebody asks, and once until it answers', async () => {
  const ping = vi.fn()
  const probe = new MainThreadProbe(ping)
  expect(ping).toHaveBeenCalledTimes(0)
  const first = await probe.silentFor()
  expect(first).toBeGreaterThan(0)
  expect(await probe.silentFor()).toBeGreaterThanOrEqual(first)
  probe.ping()
  expect(ping).toHaveBeenCalledTimes(1)
  probe.answered()
  const answered = probe.silentFor()
  expect(ping).toHaveBeenCalledTimes(2)
  probe.answered()
  expect(await answered).toBe(0)
})

test('a thread that is blocked is silent, and no more so than it was blocked', async () => {
  const gate = new Int32Array(new SharedArrayBuffer(4))
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
  const probe = new MainThreadProbe(() => thread.postMessage('ping'))
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
