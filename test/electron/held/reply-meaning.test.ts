import { expect, test } from 'vitest'
import { meaningOf } from '../../../src/main/electron/held/reply-meaning.ts'
import type { OwnerStatus } from '../../../src/main/handoff/messages/protocol.ts'

const queued = (state: OwnerStatus['state'], silentFor: number) =>
  meaningOf({ v: 1, type: 'queued', status: { state, silentFor, pid: 42 } })

test('a launch that the app of an owner has in hand is handed over', () => {
  expect(queued('ready', 900)).toBe('handed-over')
})

test('a launch that waits for an owner to be ready is not handed over yet: the owner may never be', () => {
  expect(queued('starting', 0)).toBe('waiting')
  expect(queued('starting', 9_000)).toBe('waiting')
  expect(queued('migrating', 29_000)).toBe('waiting')
  expect(queued('asking', 0)).toBe('waiting')
})

test('a launch that waits in an owner without a sign of life is not: the user is told', () => {
  expect(queued('starting', 11_000)).toBe('no-answer')
  expect(queued('migrating', 31_000)).toBe('no-answer')
  expect(queued('ready', 1_500)).toBe('no-answer')
})
