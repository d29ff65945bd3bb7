import { expect, test } from 'vitest'
import { english } from '../../../src/main/electron/words/english.ts'
import { german } from '../../../src/main/electron/words/german.ts'
import { chooseLanguage } from '../../../src/main/electron/words/language.ts'

const keys = Object.keys(english) as (keyof typeof english)[]
const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort()
const accessKeys = (text: string) => text.replaceAll('&&', '').match(/&\p{L}/gu) ?? []

test('all languages have the same texts, and none is empty', () => {
  expect(Object.keys(german)).toEqual(keys)
  for (const words of [english, german]) expect(keys.filter((key) => !words[key].trim())).toEqual([])
})

test.each(keys)('the text %s has the same placeholders and access keys in all languages', (key) => {
  expect(placeholders(german[key])).toEqual(placeholders(english[key]))
  expect(accessKeys(german[key])).toHaveLength(accessKeys(english[key]).length)
})

test('the locale chooses the language, and a language that is not built in gets English with English times', () => {
  expect(chooseLanguage('de-CH')).toEqual({ words: german, locale: 'de-CH' })
  expect(chooseLanguage('DE')).toEqual({ words: german, locale: 'DE' })
  expect(chooseLanguage('en-GB')).toEqual({ words: english, locale: 'en-GB' })
  expect(chooseLanguage('fr')).toEqual({ words: english, locale: 'en' })
  expect(chooseLanguage('')).toEqual({ words: english, locale: 'en' })
})

test("the app's own words replace the built-in ones, and times follow the locale", () => {
  const { words, locale } = chooseLanguage('fr', { quit: 'Quitter' })
  expect([words.quit, words.copyDetails, locale]).toEqual(['Quitter', english.copyDetails, 'fr'])
})
