import { expect, it } from 'vitest'
import { caseOfStatus, isUncertain } from '../../../src/main/electron/held/read-status.ts'
import type { OwnerStatus } from '../../../src/main/handoff/messages/protocol.ts'

const status = (state: OwnerStatus['state'], silentFor = 0): OwnerStatus => ({ state, silentFor, pid: 42 })

it('an owner that answers is what it says it is', () => {
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

it('a silence counts from the last sign of life, and longer where being busy is usual', () => {
  const now = Date.UTC(2026, 2, 4, 5, 6, 12)
  const since = new Date(Date.UTC(2026, 2, 4, 5, 6, 0))
  expect(caseOfStatus(status('ready', 12_000), now)).toEqual({ kind: 'silent', since })
  expect(caseOfStatus(status('starting', 12_000), now)).toEqual({ kind: 'silent', since })
  expect(caseOfStatus(status('migrating', 12_000), now).kind).toBe('migrating')
  expect(caseOfStatus(status('quitting', 12_000), now).kind).toBe('quitting')
  expect(caseOfStatus(status('migrating', 31_000), now).kind).toBe('silent')
})

it('a silence too short to be called one is worth another look', () => {
  expect(isUncertain(status('ready'))).toBe(false)
  expect(isUncertain(status('ready', 400))).toBe(true)
  expect(isUncertain(status('ready', 4_000))).toBe(false)
})
