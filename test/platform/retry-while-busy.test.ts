import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { retryWhileBusy } from '../../src/main/platform/retry-while-busy.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Fails so many times as Windows does while somebody else has the file. */
function busy(times: number, code: string) {
  let attempts = 0
  return {
    attempt: () => {
      if (++attempts <= times) throw Object.assign(new Error(code), { code })
      return 'done'
    },
    attempts: () => attempts,
  }
}

test.each(['EBUSY', 'EPERM', 'EACCES'])('what %s stood in the way of is done once it is gone', (code) => {
  const file = busy(3, code)
  expect(retryWhileBusy(file.attempt)).toBe('done')
  expect(file.attempts()).toBe(4)
})

test('gives up with the error itself, after an eighth of a second', () => {
  const file = busy(Number.POSITIVE_INFINITY, 'EBUSY')
  const start = performance.now()
  expect(() => retryWhileBusy(file.attempt)).toThrow('EBUSY')
  expect(performance.now() - start).toBeGreaterThan(100)
  expect(file.attempts()).toBe(8)
})

test('any other error is thrown at once', () => {
  const path = join(temporaryDirectory(), 'missing')
  let attempts = 0
  expect(() =>
    retryWhileBusy(() => {
      attempts++
      return readFileSync(path)
    }),
  ).toThrow('ENOENT')
  expect(attempts).toBe(1)
})
