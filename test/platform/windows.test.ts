import { closeSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { windows } from '../../src/main/platform/windows.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

// The part that is the same on every system. The rest runs under wine: npm run test:wine.

test('the record goes beside the lock file and replaces the one before', () => {
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

test('a record that cannot take its place leaves nothing of itself behind', () => {
  const dir = temporaryDirectory()
  mkdirSync(join(dir, 'notes.owner.json'))
  expect(() => windows.writeRecord(join(dir, 'notes.lock'), -1, Buffer.from('{"pid":1}'))).toThrow('EISDIR')
  expect(readdirSync(dir)).toEqual(['notes.owner.json'])
})
