import { closeSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { retryWhileBusy, windows } from '../../src/main/platform/windows.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

// What works the same on every system. The rest runs under wine: npm run test:wine.

test('the record is written next to the lock file and replaces the one before', () => {
  const dir = temporaryDirectory()
  const lockPath = join(dir, 'notes.lock')
  windows.writeRecord(lockPath, -1, Buffer.from('{"pid":1}'))
  windows.writeRecord(lockPath, -1, Buffer.from('{"pid":2}'))
  expect(readdirSync(dir)).toEqual(['notes.owner.json'])
  expect(windows.recordPathOf(lockPath)).toBe(join(dir, 'notes.owner.json'))
  const fd = windows.openRecord(lockPath)
  expect(readFileSync(fd, 'utf8')).toBe('{"pid":2}')
  closeSync(fd)
})

test('a record that cannot replace the old one leaves no file behind', () => {
  const dir = temporaryDirectory()
  mkdirSync(join(dir, 'notes.owner.json'))
  expect(() => windows.writeRecord(join(dir, 'notes.lock'), -1, Buffer.from('{"pid":1}'))).toThrow('EISDIR')
  expect(readdirSync(dir)).toEqual(['notes.owner.json'])
})

/** Fails as often as given, as Windows does while another process has the file open. */
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

test.each(['EBUSY', 'EPERM', 'EACCES'])('a call that fails with %s is repeated until it succeeds', (code) => {
  const file = busy(3, code)
  expect(retryWhileBusy(file.attempt)).toBe('done')
  expect(file.attempts()).toBe(4)
})

test('a call that keeps failing throws its own error after an eighth of a second', () => {
  const file = busy(Number.POSITIVE_INFINITY, 'EBUSY')
  const start = performance.now()
  expect(() => retryWhileBusy(file.attempt)).toThrow('EBUSY')
  expect(performance.now() - start).toBeGreaterThan(100)
  expect(file.attempts()).toBe(8)
})

test('every other error is thrown at once', () => {
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
