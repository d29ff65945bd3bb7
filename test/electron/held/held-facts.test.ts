import { expect, test } from 'vitest'
import { factsOf } from '../../../src/main/electron/held/held-facts.ts'
import { DataDirLockedError } from '../../../src/main/lock/errors.ts'
import { ownIdentity } from '../../../src/main/lock/process-identity.ts'
import { skip } from '../../support/skip.ts'

const isIdentified = (owner: ConstructorParameters<typeof DataDirLockedError>[1]) =>
  factsOf(new DataDirLockedError('/data', owner, undefined, undefined), 'Notes').isIdentified

test('an owner of another user is one whose record has another user’s number', (ctx) => {
  const uid = process.geteuid?.()
  if (uid === undefined) return skip(ctx, 'this system has no user numbers')
  const isOtherUser = (owner: ConstructorParameters<typeof DataDirLockedError>[1]) =>
    factsOf(new DataDirLockedError('/data', owner, undefined, undefined), 'Notes').isOtherUser
  expect(isOtherUser({ pid: 42, uid: uid + 1 })).toBe(true)
  expect(isOtherUser({ pid: 42, uid })).toBe(false)
  expect(isOtherUser({ pid: 42 })).toBe(false)
  expect(isOtherUser(undefined)).toBe(false)
})

test('an owner is identified only by all that tells its process from every other', (ctx) => {
  if (process.platform !== 'linux') return skip(ctx, 'only Linux tells when a process started')
  const own = ownIdentity()
  expect(isIdentified(own)).toBe(true)
  expect(isIdentified({ ...own, start_ticks: (own.start_ticks ?? 0) + 1 })).toBe(false)
  expect(isIdentified({ ...own, pid_ns: (own.pid_ns ?? 0) + 1 })).toBe(false)
  expect(isIdentified({ ...own, boot_id: 'another' })).toBe(false)
  expect(isIdentified({ pid: own.pid })).toBe(false)
  expect(isIdentified(undefined)).toBe(false)
})
