import SqliteDatabase from 'better-sqlite3'
import { expect, test } from 'vitest'
import { ShortReads } from '../../../src/main/sqlite/links/short-reads.ts'

test('no read is short when the size of the database cannot be read', () => {
  const connection = new SqliteDatabase(':memory:')
  const shortReads = new ShortReads(connection)
  expect(shortReads.has('select 1', [])).toBe(true)
  // Stands for a disk that fails.
  connection.close()
  expect(shortReads.has('select 1', [])).toBe(false)
})
