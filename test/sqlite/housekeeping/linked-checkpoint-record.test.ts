import { linkSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  emptyRecord,
  readCheckpointRecord,
  writeCheckpointRecord,
} from '../../../src/main/sqlite/files/checkpoint-record.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

test('a checkpoint record that has a second hard link gets a file of its own', () => {
  const dir = temporaryDirectory()
  const [database, other] = [join(dir, 'app.db'), join(dir, 'letters.txt')]
  writeFileSync(other, 'dear '.repeat(2_000))
  linkSync(other, `${database}-checkpoint`)
  const record = emptyRecord(new Date(0))
  writeCheckpointRecord(database, record, 0o600, true)
  expect(readFileSync(other, 'utf8')).toBe('dear '.repeat(2_000))
  expect(readCheckpointRecord(database)).toEqual(record)
  const made = statSync(`${database}-checkpoint`).ino
  writeCheckpointRecord(database, record, 0o600, false)
  expect(statSync(`${database}-checkpoint`).ino).toBe(made)
})
