import { expect, test } from 'vitest'
import { startStatus } from '../../../src/main/electron/dialogs/start-page.ts'
import { chooseLanguage } from '../../../src/main/electron/words/language.ts'

const progress = { migration: '002', done: 0, total: 3 }

test.each([
  ['en', 'Backing up your data: 1.2 of 2.9 GB'],
  ['de-AT', 'Die Daten werden gesichert: 1,2 von 2,9 GB'],
])('the start window says in %s how far the backup is', (locale, text) => {
  const bytes = { doneBytes: 1_234_567_890, totalBytes: 2_900_000_000 }
  expect(startStatus({ ...progress, phase: 'backup', ...bytes }, chooseLanguage(locale))).toEqual({
    text,
    done: bytes.doneBytes,
    total: bytes.totalBytes,
  })
})

test('small backups have smaller units', () => {
  const small = { ...progress, phase: 'backup', doneBytes: 0, totalBytes: 40_960 } as const
  expect(startStatus(small, chooseLanguage('en')).text).toBe('Backing up your data: 0.0 of 41.0 kB')
})

test('the check of the backup has no progress', () => {
  const check = { ...progress, phase: 'check', doneBytes: 0, totalBytes: 10 } as const
  expect(startStatus(check, chooseLanguage('en'))).toEqual({
    text: 'Checking the backup…',
    done: 0,
    total: 0,
  })
})

test('without a backup, the start window says that the data opens, then how many migrations are done', () => {
  const words = chooseLanguage('en')
  expect(startStatus(undefined, words)).toEqual({ text: 'Opening your data…', done: 0, total: 0 })
  expect(startStatus({ ...progress, phase: 'migrate', done: 1 }, words)).toEqual({
    text: 'Updating your data: 1 of 3 steps',
    done: 1,
    total: 3,
  })
})

test("the progress of the app's own store has the app's words, or the words for opening", () => {
  const words = chooseLanguage('en')
  const progress = { done: 1, total: 4 }
  expect(startStatus({ ...progress, text: 'Reading the index' }, words)).toEqual({
    text: 'Reading the index',
    ...progress,
  })
  expect(startStatus(progress, words)).toEqual({ text: 'Opening your data…', ...progress })
})
