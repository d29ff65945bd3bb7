import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { DataDirLockedError } from '../../src/main/lock/errors.ts'
import { parseOwnerRecord, recordBytes, serializeOwnerRecord } from '../../src/main/owner/owner-record.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function readBack(content: string | Buffer) {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'app.lock'), content)
  return readOwner(dir)
}

const full = { pid: 42, version: '1.0.0', started_at: '2026-11-23T09:35:27.000Z' }

test('a missing directory or a missing record names no owner', () => {
  expect(readOwner(join(temporaryDirectory(), 'missing'))).toBeUndefined()
  expect(readOwner(temporaryDirectory())).toBeUndefined()
})

test.each([
  ['an empty file', ''],
  ['blanks', ' '.repeat(recordBytes)],
  ['garbage', '\0\xff not json'],
  ['half a record', JSON.stringify(full).slice(0, 20)],
  ['an array', '[42]'],
  ['null', 'null'],
  ['a record without a pid', '{"version":"1.0.0"}'],
  ['a pid of the wrong type', '{"pid":"42"}'],
  ['a pid of zero', '{"pid":0}'],
  ['a negative pid', '{"pid":-1}'],
  ['a fraction', '{"pid":1.5}'],
  ['an oversized file', Buffer.alloc(50_000_000, '{')],
])('%s names no owner', (_what, content) => {
  expect(readBack(content)).toBeUndefined()
})

test('the record of the seed is understood', () => {
  expect(readBack(JSON.stringify(full))).toEqual(full)
})

test('a record of a process that has ended is read as it is: only the lock shows whether there is an owner', () => {
  expect(readBack('{"pid":4194305}')).toEqual({ pid: 4194305 })
})

test('fields of the wrong type and unknown fields are left out', () => {
  const text = '{"pid":42,"version":7,"started_at":"yesterday","state":"asleep","extra":true,"app":"Notes"}'
  expect(parseOwnerRecord(text)).toEqual({ pid: 42, app: 'Notes' })
})

test('what was written is read back, from exactly one page', () => {
  const record = { ...full, app: 'Nötes', endpoint: '/tmp/é.sock', token: 'secret', state: 'ready' as const }
  const bytes = serializeOwnerRecord(record)
  expect(bytes).toHaveLength(recordBytes)
  const { token, ...others } = record
  const read = parseOwnerRecord(bytes.toString())
  expect(read).toEqual(others)
  expect(read?.token).toBe(token)
})

test('the beginning of one record and the end of another name no owner, wherever they meet', () => {
  const one = serializeOwnerRecord({ pid: 1111, app: 'One', endpoint: '1'.repeat(60), state: 'ready' })
  const other = serializeOwnerRecord({ pid: 2222, app: 'Two', endpoint: '2'.repeat(60), state: 'ready' })
  const blank = Buffer.alloc(recordBytes, ' ')
  for (const [begin, end] of [[one, other] as const, [one, blank] as const, [blank, one] as const]) {
    const whole = [begin, end].map((bytes) => bytes.toString())
    for (let cut = 0; cut <= 200; cut++) {
      const text = Buffer.concat([begin.subarray(0, cut), end.subarray(cut)]).toString()
      expect(whole.includes(text) || parseOwnerRecord(text) === undefined).toBe(true)
    }
  }
})

test('a record that was read has the hand-off’s secret, and no way of printing the record shows it', () => {
  const read = readBack(JSON.stringify({ ...full, app: 'Notes', token: 'secret' }))
  const error = new DataDirLockedError('/data', read, undefined)
  for (const text of [inspect(error, { depth: null }), JSON.stringify(error), JSON.stringify(read)]) {
    expect(text).toContain('Notes')
    expect(text).not.toContain('secret')
  }
  expect(error.owner?.token).toBe('secret')
})

test('text of another program in the record cannot control the terminal that shows the error', () => {
  const evil = 'x\u001b]0;title\u0007\n[fake] \u202e\u2028'
  const shown = 'x?]0;title??[fake] ??'
  const record = { pid: 42, version: evil, started_at: `Tue Mar 1 2022 (${evil})`, host: evil }
  const read = readBack(JSON.stringify(record))
  expect(read).toEqual({ pid: 42, version: shown, started_at: `Tue Mar 1 2022 (${shown})`, host: shown })
  const { message } = new DataDirLockedError('/data', read, undefined, 'host')
  expect(message).toContain(`on another machine, ${shown}`)
  expect(message).toMatch(/^\P{C}+$/u)
})

test('a field that is too long for the page is left out, but never the pid', () => {
  const bytes = serializeOwnerRecord({ ...full, app: 'é'.repeat(recordBytes) })
  expect(bytes).toHaveLength(recordBytes)
  expect(parseOwnerRecord(bytes.toString())).toEqual(full)
})
