import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { caseOfStatus, factsOf, isUncertain } from '../../../src/main/electron/held/owner-facts.ts'
import type { OwnerStatus } from '../../../src/main/handoff/messages/protocol.ts'
import { DataDirLockedError } from '../../../src/main/lock/errors.ts'
import { ownIdentity } from '../../../src/main/owner/process-identity.ts'
import { startAs, whyNoOtherUser } from '../../support/other-user.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

type Facts = ConstructorParameters<typeof DataDirLockedError>

const isIdentified = (owner: Facts[1], holder: Facts[2]) =>
  factsOf(new DataDirLockedError('/data', owner, holder, undefined), 'Notes').isIdentified

test('an owner belongs to another user if its process or its record has the number of another user', (ctx) => {
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

test('an owner belongs to another user if its socket is in a folder of another user that this user may not enter', async (ctx) => {
  const reason = whyNoOtherUser()
  if (reason !== undefined) return skip(ctx, reason)
  const parent = temporaryDirectory()
  chmodSync(parent, 0o755)
  for (const name of ['foreign', 'own']) mkdirSync(join(parent, name), { mode: 0o700 })
  chownSync(join(parent, 'own'), 60_007, 60_007)
  const module = pathToFileURL(
    resolve(import.meta.dirname, '../../../dist/main/electron/held/owner-facts.js'),
  )
  const user = { uid: 60_007, gid: 60_007, sharedGroup: 60_000, umask: 0o077 }
  const script = `
    const { isOtherUser } = await import(${JSON.stringify(module.href)})
    const isIn = (folder) =>
      isOtherUser({ owner: { pid: 42, endpoint: ${JSON.stringify(parent)} + '/' + folder + '/app.sock' } })
    say({ foreign: isIn('foreign'), own: isIn('own') })`
  expect(await startAs(user, script).next()).toEqual({ foreign: true, own: false })
})

const status = (state: OwnerStatus['state'], silentFor = 0): OwnerStatus => ({ state, silentFor, pid: 42 })

test('an owner that answers does what its status says', () => {
  expect(caseOfStatus(status('ready'))).toEqual({ kind: 'answering' })
  expect(caseOfStatus(status('starting'))).toEqual({ kind: 'starting' })
  expect(caseOfStatus(status('asking'))).toEqual({ kind: 'asking' })
  expect(caseOfStatus(status('quitting'))).toEqual({ kind: 'quitting' })
  expect(caseOfStatus({ ...status('migrating'), progress: { done: 3, total: 7 } })).toEqual({
    kind: 'migrating',
    done: 3,
    total: 7,
  })
})

test('a silence begins at the last sign of life, and owners that open or close data may be busy for longer', () => {
  const now = Date.UTC(2026, 2, 4, 5, 6, 12)
  const since = new Date(Date.UTC(2026, 2, 4, 5, 6, 0))
  expect(caseOfStatus(status('ready', 12_000), now)).toEqual({ kind: 'silent', since })
  expect(caseOfStatus(status('starting', 12_000), now)).toEqual({ kind: 'silent', since })
  expect(caseOfStatus(status('migrating', 12_000), now).kind).toBe('migrating')
  expect(caseOfStatus(status('quitting', 12_000), now).kind).toBe('quitting')
  expect(caseOfStatus(status('migrating', 31_000), now).kind).toBe('silent')
})

test('an owner that has been busy for a moment is uncertain', () => {
  expect(isUncertain(status('ready'))).toBe(false)
  expect(isUncertain(status('ready', 400))).toBe(true)
  expect(isUncertain(status('ready', 4_000))).toBe(false)
  expect(isUncertain(status('starting', 4_000))).toBe(false)
})
