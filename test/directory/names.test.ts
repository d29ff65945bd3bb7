import { expect, test } from 'vitest'
import { isLockSkipped } from '../../src/main/directory/names.ts'

test.each(['1', 't', 'T', 'TRUE', 'true', 'True'])('%s skips the lock', (value) => {
  expect(isLockSkipped('notes', { NOTES_SKIP_DATADIR_LOCK: value })).toBe(true)
})

test.each(['0', 'f', 'false', '', 'yes', 'on', 'tRUE', ' 1'])('%j does not skip the lock', (value) => {
  expect(isLockSkipped('notes', { NOTES_SKIP_DATADIR_LOCK: value })).toBe(false)
})

test('an unset variable, or that of another name, does not skip the lock', () => {
  expect(isLockSkipped('notes', {})).toBe(false)
  expect(isLockSkipped('notes', { APP_SKIP_DATADIR_LOCK: '1' })).toBe(false)
  expect(isLockSkipped('my-notes', { MY_NOTES_SKIP_DATADIR_LOCK: '1' })).toBe(true)
})
