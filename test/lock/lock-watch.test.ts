import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type CheckResult, LockWatch } from '../../src/main/lock/lock-watch.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A watch whose regular checks come when the test lets the time pass, and have this result. */
function watchWith(result: () => CheckResult | Promise<CheckResult>) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const check = vi.fn(async () => result())
  const onOutage = vi.fn()
  const path = join(temporaryDirectory(), 'app.lock')
  const watch = new LockWatch(path, { hasEvents: false, check, onOutage })
  onTestFinished(() => {
    watch.stop()
    vi.useRealTimers()
  })
  const checksIn = async (milliseconds: number) => {
    check.mockClear()
    await vi.advanceTimersByTimeAsync(milliseconds)
    return check.mock.calls.length
  }
  return { watch, checksIn, onOutage }
}

test('while the lock file is in its place, it is checked every 2 s; otherwise each second', async () => {
  let result: CheckResult = 'settled'
  const { checksIn } = watchWith(() => result)
  expect(await checksIn(1_000)).toBe(1)
  expect(await checksIn(30_000)).toBe(15)
  result = 'unsettled'
  expect(await checksIn(2_000 + 3_000)).toBe(4)
  result = 'settled'
  expect(await checksIn(1_000 + 30_000)).toBe(16)
})

test('a file system that does not answer for about 10 s is an outage, once, until it answers again', async () => {
  let answer: (result: CheckResult) => void = () => undefined
  const { watch, checksIn, onOutage } = watchWith(() => new Promise((resolve) => (answer = resolve)))
  await checksIn(1_000)
  answer('settled')
  expect(await checksIn(9_000)).toBe(1)
  expect(watch.isOutage).toBe(false)
  await checksIn(2_000)
  expect(watch.isOutage).toBe(true)
  expect(await checksIn(60_000)).toBe(0)
  expect(onOutage).toHaveBeenCalledTimes(1)
  answer('settled')
  expect(await checksIn(2_000)).toBe(1)
  expect(watch.isOutage).toBe(false)
})
