import { expect, test } from 'vitest'
import { damageText } from '../../../src/main/electron/dialogs/failure-texts.ts'
import { english } from '../../../src/main/electron/words/english.ts'
import { german } from '../../../src/main/electron/words/german.ts'
import { choicesOf, type Damage, type DamageChoice } from '../../../src/main/sqlite/damaged.ts'
import {
  DatabaseMismatchError,
  DatabaseMissingError,
  DatabaseNewerError,
  NotADatabaseError,
} from '../../../src/main/sqlite/errors/open-errors.ts'
import type { Backup } from '../../../src/main/sqlite/files/backup-files.ts'
import { expectDifferentKeys } from './access-keys.ts'

const inEnglish = { words: english, locale: 'en' }
const path = '/data/notes.db'
const cause = new Error('file is not a database')

function backup(kind: Backup['kind']): Backup {
  const madeAt = new Date(2026, 1, 3, 4, 5)
  return { path: '/data/other.db', madeAt, kind, before: undefined, number: 1, isIndexDamaged: false }
}

function damage(kind: Damage['kind'], choices: readonly DamageChoice[], newestBackup?: Backup): Damage {
  const errors = {
    damaged: new NotADatabaseError(path, cause),
    index: new NotADatabaseError(path, cause, undefined, true),
    missing: new DatabaseMissingError(path, ['/data/notes.backups']),
    mismatch: new DatabaseMismatchError(path, 'database-replaced'),
    newer: new DatabaseNewerError(path, ['999']),
  }
  return { kind, databasePath: path, cause, error: errors[kind], newestBackup, choices }
}

const made = backup('scheduled')

test.each([
  { of: damage('damaged', ['keep', 'restore'], made), first: 'Restore Backup', isFirstSafe: true },
  { of: damage('missing', ['keep', 'restore'], made), first: 'Restore Backup', isFirstSafe: true },
  { of: damage('index', ['keep', 'rebuild'], undefined), first: 'Repair', isFirstSafe: true },
  { of: damage('damaged', ['keep', 'start-empty']), first: 'Start Fresh', isFirstSafe: false },
  { of: damage('missing', ['keep', 'start-empty']), first: 'Start Fresh', isFirstSafe: false },
  { of: damage('mismatch', ['keep', 'use-database']), first: 'Open Anyway', isFirstSafe: false },
  { of: damage('newer', ['keep', 'restore'], made), first: 'Restore Backup', isFirstSafe: false },
])('if the damage is $of.kind, Enter presses $first: $isFirstSafe', ({ of, first, isFirstSafe }) => {
  const text = damageText(of, 'Notes', inEnglish)
  expect(text.buttons.map(({ label }) => label.replace('&', ''))).toEqual([first])
  expect(text.quit).toBe('keep')
  expect(text.enter).toBe(isFirstSafe ? text.buttons[0]?.choice : 'keep')
})

test('without a backup, the text says that there is none, and what Start Fresh does', () => {
  const { detail } = damageText(damage('damaged', ['keep', 'start-empty']), 'Notes', inEnglish)
  expect(detail).toContain('There is no usable backup.')
  expect(detail).toContain('“Start Fresh” begins without any of your data. No file is deleted.')
})

test('the text about a missing file does not mention a file that is replaced, unless its log is there', () => {
  const missing = damage('missing', ['keep', 'restore'], made)
  const { detail } = damageText(missing, 'Notes', inEnglish)
  expect(detail).toContain('There is a usable backup from Feb 3, 2026')
  expect(detail).not.toContain(english.fileIsKept)
  const error = new DatabaseMissingError(path, [`${path}-wal`])
  expect(damageText({ ...missing, error }, 'Notes', inEnglish).detail).toContain(english.fileIsKept)
})

const kinds: readonly Damage['kind'][] = ['damaged', 'index', 'missing', 'mismatch', 'newer']

test.each(kinds)('all buttons about data that is %s have different access keys', (kind) => {
  for (const words of [english, german]) {
    for (const newest of [undefined, made, backup('rescued')]) {
      const text = damageText(damage(kind, choicesOf(kind, newest), newest), 'Notes', { words })
      const labels = text.buttons.map(({ label }) => label)
      expectDifferentKeys([...labels, words.openFolder, words.copyDetails, words.quit])
    }
  }
})

test('a copy that was rescued from the open files is not called a backup', () => {
  const rescued = damage('missing', ['keep', 'restore'], backup('rescued'))
  const { buttons, detail } = damageText(rescued, 'Notes', inEnglish)
  expect(buttons[0]?.label).toBe('&Restore Copy')
  expect(detail).toContain('There is a copy of your data from Feb 3, 2026')
  expect(detail).not.toContain('There is a usable backup')
})
