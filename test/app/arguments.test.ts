import { expect, test } from 'vitest'
import { asNoteId, asNoteText, asPageStart, asQuery } from '../../src/main/app/arguments.ts'

const invalid = expect.objectContaining({ code: 'invalid-argument' })

test('valid arguments are returned unchanged', () => {
  expect(asNoteId(7)).toBe(7)
  const after = { id: 1, updatedAt: -5 }
  expect(asPageStart({ offset: 0, after, more: 1 })).toEqual({ offset: 0, after })
  expect(asPageStart({ offset: 7 })).toEqual({ offset: 7 })
  expect(asQuery('a "b')).toBe('a "b')
  expect(asNoteText({ title: 't', body: 'b' })).toEqual({ title: 't', body: 'b' })
})

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', 1n, null, undefined, {}])(
  '%s is not a note id',
  (value) => {
    expect(() => asNoteId(value)).toThrow(invalid)
  },
)

test.each([
  null,
  5,
  {},
  { offset: -1 },
  { offset: 0.5 },
  { offset: 0, after: null },
  { offset: 0, after: { id: 1 } },
  { offset: 0, after: { id: 0, updatedAt: 1 } },
  { offset: 0, after: { id: 1, updatedAt: Number.NaN } },
])('%j is not the start of a page', (value) => {
  expect(() => asPageStart(value)).toThrow(invalid)
})

test('a query must be a string of limited length', () => {
  expect(() => asQuery(['a'])).toThrow(invalid)
  expect(() => asQuery('x'.repeat(1_001))).toThrow(invalid)
})

test.each([null, 'text', [], { title: 't' }, { body: 'b' }, { title: 't', body: 1 }])(
  '%j is not the text of a note',
  (value) => {
    expect(() => asNoteText(value)).toThrow(invalid)
  },
)

test('other properties of a text are left out', () => {
  expect(asNoteText({ title: 't', body: 'b', id: 1, source_path: '/x' })).toEqual({ title: 't', body: 'b' })
})

test('a text that is too long is refused', () => {
  expect(() => asNoteText({ title: 'x'.repeat(1_001), body: '' })).toThrow(invalid)
  expect(() => asNoteText({ title: '', body: 'x'.repeat(10_000_001) })).toThrow(invalid)
})
