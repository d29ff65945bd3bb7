import { expect, onTestFinished, test, vi } from 'vitest'
import { LaunchQueue } from '../../../src/main/handoff/owner/launch-queue.ts'
import { launchOf } from '../owner-process.ts'

test('the next launch waits for the one before it', async () => {
  const steps: string[] = []
  const queue = new LaunchQueue(async ({ id }) => {
    steps.push(`${id} begins`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    steps.push(`${id} ends`)
    return 'focused'
  })
  queue.open()
  await Promise.all([queue.add(launchOf('a')), queue.add(launchOf('b'))])
  expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
})

test('a launch whose handler does not end holds up the next for ten seconds', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const begun: string[] = []
  const queue = new LaunchQueue(({ id }) => {
    begun.push(id)
    return id === 'stuck' ? new Promise(() => undefined) : Promise.resolve('focused')
  })
  queue.open()
  void queue.add(launchOf('stuck'))
  const next = queue.add(launchOf('next'))
  await vi.advanceTimersByTimeAsync(9_900)
  expect(begun).toEqual(['stuck'])
  await vi.advanceTimersByTimeAsync(200)
  expect(await next).toBe('focused')
})

test('a launch that comes again while it is under way shares its outcome', async () => {
  const take = vi.fn(async () => 'flashed' as const)
  const queue = new LaunchQueue(take)
  const both = Promise.all([queue.add(launchOf('same')), queue.add(launchOf('same'))])
  queue.open()
  expect(await both).toEqual(['flashed', 'flashed'])
  expect(take).toHaveBeenCalledTimes(1)
})

test('the last 256 launches are remembered, and no more', async () => {
  const take = vi.fn(async () => 'focused' as const)
  const queue = new LaunchQueue(take)
  queue.open()
  for (let index = 0; index <= 256; index++) await queue.add(launchOf(`${index}`))
  await queue.add(launchOf('1'))
  expect(take).toHaveBeenCalledTimes(257)
  await queue.add(launchOf('0'))
  expect(take).toHaveBeenCalledTimes(258)
})

test('a queue that is closed gives nothing more to the app', async () => {
  const take = vi.fn(async () => 'focused' as const)
  const queue = new LaunchQueue(take)
  const waiting = queue.add(launchOf('waiting'))
  queue.close()
  queue.open()
  await expect(waiting).rejects.toThrow('it is quitting')
  expect(take).not.toHaveBeenCalled()
})
