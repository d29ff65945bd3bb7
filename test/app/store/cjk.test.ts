import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GAP_MARK, withGaps } from '../../../src/main/app/store/cjk.ts'

const cjk = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]`
const word = String.raw`[\p{L}\p{N}]`
const gap = new RegExp(`(?<=${cjk})(?=${word})|(?<=${word})(?=${cjk})`, 'gu')

test('there is a gap wherever a Chinese, Japanese or Korean character is next to a letter or digit', () => {
  // ⺀ is a CJK sign but no letter, 𠀀 has two code units, and the last two are halves of such a character.
  const character = fc.constantFrom(...'a1 、\n日本ーか한⺀𠀀é😀𝒳', '\ud840', '\udc00')
  const text = fc.array(fc.oneof(character, fc.string({ unit: 'binary' }))).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, (each) => {
      expect(withGaps(each)).toBe(each.replaceAll(gap, GAP_MARK))
    }),
  )
})
