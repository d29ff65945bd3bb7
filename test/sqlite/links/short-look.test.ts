import { setImmediate as turn } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { ShortLook } from '../../../src/main/sqlite/links/worker-link.ts'

function lookAtPort() {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => port1.close())
  return { look: new ShortLook(port2, 0.01), send: (message: unknown) => port1.postMessage(message) }
}

test('a look finds the messages in their order, and nothing if there is none', async () => {
  const { look, send } = lookAtPort()
  send('first')
  send('second')
  expect(look.next()).toBe('first')
  await turn()
  expect(look.next()).toBe('second')
  await turn()
  expect(look.next()).toBeUndefined()
})

test('looks that find nothing become rare, and a look that finds something makes them frequent again', async () => {
  const { look, send } = lookAtPort()
  const skippedAfter = async (misses: number) => {
    for (let call = 0; call < misses; call++) {
      await turn()
      look.next()
    }
    send('message')
    for (let skipped = 0; ; skipped++) {
      await turn()
      if (look.next() !== undefined) return skipped
    }
  }
  expect(await skippedAfter(1)).toBe(1)
  expect(await skippedAfter(0)).toBe(0)
  expect(await skippedAfter(10_000)).toBeLessThan(64)
  expect(await skippedAfter(0)).toBe(0)
})

test('looks that find messages stop until the event loop has turned', async () => {
  const { look, send } = lookAtPort()
  let found: unknown = 'message'
  for (let calls = 0; calls < 1_000_000 && found; calls++) {
    send('message')
    found = look.next()
  }
  expect(found).toBeUndefined()
  await turn()
  expect(look.next()).toBe('message')
})
