import { expect, test } from 'vitest'
import { factsOf } from '../../../src/main/electron/held/held-facts.ts'
import { DataDirLockedError } from '../../../src/main/lock/errors.ts'
import { ownIdentity } from '../../../src/main/lock/process-identity.ts'
import { skip } from '../../support/skip.ts'

type Facts = ConstructorParameters<typeof DataDirLockedError>

const isIdentified = (owner: Facts[1], holder: Facts[2]) =>
  factsOf(new DataDirLockedError('/data', owner, holder, undefined), 'Notes').isIdentified

test('an owner of another user is one whose process or record has another user’s number', (ctx) => {
  const uid = process.geteuid?.()
  if (uid === undefined) return skip(ctx, 'this system has no user numbers')
  const isOtherUser = (owner: Facts[1]) =>
    factsOf(new DataDirLockedError('/data', owner, undefined, undefined), 'Notes').isOtherUser
  expect(isOtherUser({ pid: 42, uid: uid + 1 })).toBe(true)
  expect(isOtherUser({ pid: 42, uid })).toBe(false)
  expect(isOtherUser({ pid: 42 })).toBe(false)
  expect(isOtherUser({ pid: 42, endpoint: '' })).toBe(false)
  expect(isOtherUser(undefined)).toBe(false)
  const holderOf = (uid: number) =>
    new DataDirLockedError('/data', undefined, { pid: 42, program: 'x', uid, hasLock: true }, undefined)
  expect(factsOf(holderOf(uid + 1), 'Notes').isOtherUser).toBe(true)
  expect(factsOf(holderOf(uid), 'Notes').isOtherUser).toBe(false)
})

test('an owner is identified only if the kernel shows it with the lock, whatever the record says', () => {
  const holder = { pid: process.pid, uid: 0, program: 'electron' }
  const own = ownIdentity()
  expect(isIdentified(own, { ...holder, hasLock: true })).toBe(true)
  expect(isIdentified(undefined, { ...holder, hasLock: true })).toBe(true)
  expect(isIdentified(own, { ...holder, hasLock: false })).toBe(false)
  expect(isIdentified(own, undefined)).toBe(false)
})
