import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { DataDirUnusableError, LockUnsupportedError } from '../../../src/main/directory/errors.ts'
import { codesOfFailures, failureOf } from '../../../src/main/electron/dialogs/failure-names.ts'
import { busyText, failureText } from '../../../src/main/electron/dialogs/failure-texts.ts'
import { english } from '../../../src/main/electron/words/english.ts'
import { german } from '../../../src/main/electron/words/german.ts'
import { NativeModuleError } from '../../../src/main/runtime/errors.ts'
import { NoBackupError, RestoreFailedError } from '../../../src/main/sqlite/errors/backup-errors.ts'
import {
  DatabaseNewerError,
  DatabaseOpenError,
  MigrationFailedError,
} from '../../../src/main/sqlite/errors/open-errors.ts'
import { PoolClosedError } from '../../../src/main/sqlite/errors/query-errors.ts'
import { InvalidOptionError } from '../../../src/shared/data-dir-error.ts'
import { expectDifferentKeys } from './access-keys.ts'

const src = resolve(import.meta.dirname, '../../../src')
const here = import.meta.dirname
const missing = join(here, 'not', 'there')

const systemError = (code: string) => Object.assign(new Error(`${code}: failed`), { code })
const unusable = (code: string, path = here) => new DataDirUnusableError(path, systemError(code))
const mkdirError = Object.assign(systemError('EACCES'), { syscall: 'mkdir' })
const opening = (code: string) => new DatabaseOpenError('/data/notes.db', systemError(code), undefined)

/** Errors that never stop `claimDataDir`, or whose message is for a developer: they get the general dialog. */
const withoutDialog = [
  // The held dialog shows them.
  'LOCKED',
  'HELD_ELSEWHERE',
  'HANDOFF',
  // Nothing shows them: the app is quitting.
  'MIGRATION_ABORTED',
  // The app gets them from a query, or from a function that it calls itself.
  'CONNECTION_RELEASED',
  'DATABASE_IN_USE',
  'INTEGER_RANGE',
  'INVALID_PARAMETER',
  'NESTED_QUERY',
  'NOT_OPEN_YET',
  'NO_DATABASE',
  'POOL_BUSY',
  'POOL_CLOSED',
  'QUERY_ABORTED',
  'RESULT_TOO_LARGE',
  'STATEMENT_REFUSED',
  'STORE_LOST',
  'STREAMING',
  'TEST_KIT',
  'TRANSACTION_LOST',
  'WORKER_LOST',
  'WORKER_THREAD',
].map((code) => `ERR_DATADIR_${code}`)

test('each error code has a dialog of its own, or is on the list of those that need none', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const codes = files.flatMap((file) =>
    [...readFileSync(join(src, file), 'utf8').matchAll(/static readonly code = '(\w+)'/g)].map(
      ([, code]) => code,
    ),
  )
  expect(codes.toSorted()).toEqual([...codesOfFailures, ...withoutDialog].toSorted())
})

test.each([
  ['noPermission', unusable('EACCES')],
  ['cannotCreate', unusable('EACCES', missing)],
  ['cannotCreate', new DataDirUnusableError(join(here, 'data'), mkdirError)],
  ['noPermission', unusable('EACCES', join(here, 'notes.lock'))],
  ['readOnly', unusable('EROFS')],
  ['diskFull', unusable('ENOSPC')],
  ['quotaUsed', unusable('EDQUOT')],
  ['inTheWay', unusable('ENOTDIR')],
  ['inTheWay', new DataDirUnusableError(here, undefined, { found: 'there is a folder of that name' })],
  ['folderMissing', unusable('ENOENT')],
  ['diskError', unusable('EIO')],
  ['overloaded', unusable('EMFILE')],
  ['failed', unusable('EWEIRD')],
  ['unsuitableFolder', new LockUnsupportedError(here, 'notes', 'two processes got it')],
  ['diskFull', opening('SQLITE_FULL')],
  ['busy', opening('SQLITE_BUSY')],
  ['failed', opening('SQLITE_CANTOPEN')],
  ['dataNewer', new DatabaseNewerError('/data/notes.db', ['009'])],
  ['diskFull', new MigrationFailedError('/data/notes.db', '002', undefined, systemError('ENOSPC'))],
  ['updateFailed', new MigrationFailedError('/data/notes.db', '002', undefined, new Error('no'))],
  ['restoreFailed', new RestoreFailedError('/data/notes.db', '/data/backup.db', systemError('ENOSPC'))],
  ['brokenInstall', new NativeModuleError('better-sqlite3', 'wrong-runtime')],
  ['ownError', new InvalidOptionError('words', 'Wrong.', 'Repair it.')],
  ['failed', new PoolClosedError('/data/notes.db')],
  ['backupMissing', new NoBackupError(here)],
  ['failed', systemError('ENOENT')],
  ['failed', systemError('ETIMEDOUT')],
  ['failed', systemError('EACCES')],
  ['failed', systemError('EBUSY')],
  ['failed', systemError('SQLITE_CORRUPT')],
  ['diskFull', systemError('ENOSPC')],
  ['quotaUsed', new Error('no page', { cause: systemError('EDQUOT') })],
  ['readOnly', systemError('EROFS')],
  ['failed', new TypeError('the window has no page')],
  ['failed', 'thrown'],
] as const)('the user sees %s after %s', (name, error) => {
  expect(failureOf(error)).toBe(name)
})

const context = { product: 'Notes', language: { words: english }, canTryAgain: true, canChooseFolder: true }
const labelsOf = (error: unknown, some: Partial<typeof context> = {}) =>
  failureText(error, { ...context, ...some }).buttons.map(({ label }) => label.replace('&', ''))

describe('the buttons', () => {
  it('offer another attempt and another folder if they can help', () => {
    expect(labelsOf(unusable('ENOSPC'))).toEqual(['Try Again', 'Choose Another Folder…'])
    expect(labelsOf(unusable('ENOSPC'), { canChooseFolder: false })).toEqual(['Try Again'])
    expect(labelsOf(new TypeError('no page'))).toEqual(['Try Again'])
    expect(labelsOf(new LockUnsupportedError(here, 'notes', 'no locks'))).toEqual(['Choose Another Folder…'])
    expect(labelsOf(new DatabaseNewerError('/data/notes.db', []))).toEqual([])
    expect(labelsOf(new InvalidOptionError('words', 'Wrong.', 'Repair it.'))).toEqual([])
  })

  it('offer neither if the claim cannot be made again', () => {
    expect(labelsOf(unusable('ENOSPC'), { canTryAgain: false })).toEqual([])
  })

  it('are pressed by Enter from the left, and Quit is if there is none', () => {
    expect(failureText(unusable('ENOSPC'), context).enter).toBe('try-again')
    expect(failureText(new DatabaseNewerError('/data/notes.db', []), context).enter).toBe('quit')
  })

  it('open a folder if the user can do something there', () => {
    expect(failureText(unusable('EACCES'), context).folder).toBe(here)
    expect(failureText(new TypeError('no page'), context).folder).toBeUndefined()
  })

  it('open the folder in which a file cannot be created', () => {
    const text = failureText(unusable('EACCES', join(here, 'notes.lock')), context)
    expect(text.folder).toBe(here)
    expect(text.detail).toContain(`Location: ${here}\n`)
  })

  it.each([
    ['English', english],
    ['German', german],
  ])('have different access keys in %s', (_, words) => {
    const sets = [
      [words.tryAgain, words.chooseFolder, words.openFolder],
      [words.tryAgain, words.continueWithoutBackup, words.openFolder],
    ]
    for (const set of sets) expectDifferentKeys([...set, words.copyDetails, words.quit])
  })
})

describe('the text', () => {
  it('says what happened and what to do, and then the facts', () => {
    expect(failureText(unusable('ENOSPC'), context)).toMatchObject({
      message: 'Notes can’t open because the disk is full.',
      detail: `Delete files that you no longer need, then try again.\n\nLocation: ${here}\nError: ENOSPC (ERR_DATADIR_UNUSABLE)`,
    })
  })

  it('names the program that keeps the database locked, also in German', () => {
    const holder = { pid: 42, hasLock: true, uid: 0, program: 'sqlitebrowser', startedAt: undefined }
    const error = Object.assign(opening('SQLITE_BUSY'), { holder })
    expect(busyText(error, 'Notes', { words: german }).message).toBe(
      'sqlitebrowser verwendet gerade die Daten von Notes.',
    )
    expect(busyText(error, 'Notes', { words: english }).detail).toContain('PID: 42\nProgram: sqlitebrowser\n')
    expect(busyText(opening('SQLITE_BUSY'), 'Notes', { words: english }).message).toBe(
      'Another program is using your Notes data.',
    )
  })

  it('says why a backup could not be restored', () => {
    const error = new RestoreFailedError('/data/notes.db', '/data/backup.db', systemError('ENOSPC'))
    expect(failureText(error, context).detail).toMatch(
      /^Nothing was deleted, and the backup is still there\.\n\nDelete files that you no longer need, then try again\./,
    )
  })

  it('does not mention a backup if there is none, or if it cannot be searched', () => {
    expect(failureText(new NoBackupError('/data/notes.backups'), context).detail).not.toMatch(/backup is/)
    const unreadable = failureText(new NoBackupError(here, systemError('EACCES')), context).detail
    expect(unreadable).toContain('You don’t have permission')
    expect(unreadable).toContain(`Location: ${here}`)
  })

  it('has the message of an error without a dialog of its own', () => {
    expect(failureText(new TypeError('the window has no page'), context).detail).toContain(
      'Error: the window has no page',
    )
    expect(failureText(new PoolClosedError('/data/notes.db'), context).detail).toMatch(
      /Error: .+ \(ERR_DATADIR_POOL_CLOSED\)$/,
    )
  })

  it('has no names of options, and no character that could reorder a line', () => {
    const mistake = failureText(new InvalidOptionError('words', 'Wrong.', 'Repair it.'), context)
    expect(mistake.detail).toBe(
      'Report this error to the developer of Notes. “Copy Details” copies what they need.',
    )
    const path = '/data/\u202egnp.exe\n'
    expect(failureText(unusable('ENOSPC', path), context).detail).toContain('Location: /data/?gnp.exe?\n')
  })
})
