import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { isBelievable, isFromThisProcess } from '../../src/main/lock/believable-record.ts'

const deadPid = spawnSync('true').pid
const now = () => new Date().toISOString()

test('where the kernel names the holder, its record is believed and no other', () => {
  const holder = { pid: process.pid, program: undefined }
  expect(isBelievable({ pid: process.pid }, holder)).toBe(true)
  expect(isBelievable({ pid: process.ppid }, holder)).toBe(false)
})

test('where it does not, as on macOS and Windows, the record of a process that is gone is not believed', () => {
  expect(isBelievable({ pid: deadPid }, undefined, false)).toBe(false)
  expect(isBelievable({ pid: process.ppid }, undefined, false)).toBe(true)
})

test('a process of another user is alive', (ctx) => {
  if (process.getuid?.() === 0) ctx.skip('root may signal every process')
  expect(isBelievable({ pid: 1 }, undefined, false)).toBe(true)
})

test('where there are PID namespaces, an unknown PID may be alive in another one', () => {
  expect(isBelievable({ pid: deadPid }, undefined, true)).toBe(true)
})

test('a record with this PID is of this process only where it was written in its lifetime', () => {
  const before = new Date(Date.now() - process.uptime() * 1000 - 1).toISOString()
  expect(isFromThisProcess({ pid: process.pid, started_at: now() }, false)).toBe(true)
  expect(isFromThisProcess({ pid: process.pid, started_at: before }, false)).toBe(false)
  expect(isFromThisProcess({ pid: process.pid }, false)).toBe(false)
  expect(isFromThisProcess({ pid: process.ppid, started_at: now() }, false)).toBe(false)
})

test('where there are PID namespaces, another process may have this PID', () => {
  expect(isFromThisProcess({ pid: process.pid, started_at: now() }, true)).toBe(false)
})
