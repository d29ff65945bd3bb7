import fc from 'fast-check'
import { expect, test } from 'vitest'
import { textChange } from '../../../src/shared/notes/text-change.ts'

test('the change turns one text into the other', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 12 })
  fc.assert(
    fc.property(text, text, (before, after) => {
      const change = textChange(before, after)
      if (!change) return before === after
      return before.slice(0, change.from) + change.insert + before.slice(change.to) === after
    }),
  )
})

test.each([
  ['same', 'same', undefined],
  ['one three', 'one two three', { from: 5, to: 5, insert: 'wo t' }],
  ['aaa', 'aa', { from: 2, to: 3, insert: '' }],
  ['', 'new', { from: 0, to: 0, insert: 'new' }],
])('from “%s” to “%s”, no more is replaced than has changed', (before, after, change) => {
  expect(textChange(before, after)).toEqual(change)
})
