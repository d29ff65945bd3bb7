import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DataDirError } from '../../../shared/data-dir-error.ts'
import { causesOf, type FailureKind, systemFailureIn } from '../../../shared/system-failure.ts'
import { DatabaseOpenError, NotADatabaseError } from '../../sqlite/errors/open-errors.ts'
import type { FailureName } from '../words/dialog-words.ts'

type Code = DataDirError['code']

/** The failures of each error that the user of an app can meet, whatever caused it. */
const byCode: Readonly<Record<Code, FailureName>> = {
  ERR_DATADIR_ALREADY_OPEN: 'ownError',
  ERR_DATADIR_BACKUP_FAILED: 'backupFailed',
  ERR_DATADIR_CONNECTION_SETUP: 'brokenInstall',
  ERR_DATADIR_DATABASE_KEY: 'wrongKey',
  ERR_DATADIR_DATABASE_LINKED: 'linked',
  ERR_DATADIR_DATABASE_MISMATCH: 'dataMismatch',
  ERR_DATADIR_DATABASE_MISSING: 'dataMissing',
  ERR_DATADIR_DATABASE_NEWER: 'dataNewer',
  ERR_DATADIR_DATABASE_REPLACED: 'replaced',
  ERR_DATADIR_INVALID_OPTION: 'ownError',
  ERR_DATADIR_LOCK_LOST: 'replaced',
  ERR_DATADIR_LOCK_UNSUPPORTED: 'unsuitableFolder',
  ERR_DATADIR_MIGRATION_ORDER: 'ownError',
  ERR_DATADIR_NATIVE_MODULE: 'brokenInstall',
  ERR_DATADIR_NOT_A_DATABASE: 'dataDamaged',
  ERR_DATADIR_NO_BACKUP: 'backupMissing',
  ERR_DATADIR_PACKAGE_MISSING: 'brokenInstall',
  ERR_DATADIR_RESTORE_FAILED: 'restoreFailed',
  ERR_DATADIR_SQLITE_TOO_OLD: 'ownError',
  ERR_DATADIR_THREAD_FILE_MISSING: 'brokenInstall',
}

/** The same, if neither SQLite nor the system gives a reason. */
const withoutReason: Readonly<Record<Code, FailureName>> = {
  ERR_DATADIR_DATABASE_OPEN: 'failed',
  ERR_DATADIR_MIGRATION_FAILED: 'updateFailed',
  ERR_DATADIR_UNUSABLE: 'failed',
}

/** Every code that has a dialog of its own. Any other error is `failed`, and its message is below the advice. */
export const codesOfFailures: readonly string[] = [...Object.keys(byCode), ...Object.keys(withoutReason)]

const byKind: Readonly<Record<FailureKind, FailureName | undefined>> = {
  'no-space': 'diskFull',
  quota: 'quotaUsed',
  'file-too-large': 'fileTooLarge',
  'read-only-filesystem': 'readOnly',
  'read-only': 'noPermission',
  'no-permission': 'noPermission',
  'too-many-files': 'overloaded',
  'not-a-folder': 'inTheWay',
  'is-a-folder': 'inTheWay',
  'in-the-way': 'inTheWay',
  missing: 'folderMissing',
  'link-loop': 'inTheWay',
  'disk-error': 'diskError',
  unsupported: 'unsuitableFolder',
  'no-shared-memory': 'unsuitableFolder',
  busy: 'busy',
  'in-use': 'busy',
  damaged: 'dataDamaged',
  'not-a-database': 'dataDamaged',
  'cannot-open': undefined,
  'too-big': undefined,
  'no-memory': 'overloaded',
}

/** An error of the app's own code is explained only if it is one of these. Any other may be about any file or server. */
const anywhere = new Set<FailureKind>(['no-space', 'quota', 'read-only-filesystem'])

/** Returns why the app cannot open its data, as its user sees it. */
export function failureOf(error: unknown): FailureName {
  const code: unknown = Object(error).code
  const known = error instanceof DataDirError ? byCode[error.code] : undefined
  if (error instanceof NotADatabaseError && error.isIndexOnly) return 'indexDamaged'
  return known ?? reasonOf(error) ?? withoutReason[code as Code] ?? 'failed'
}

/** Returns what SQLite or the system reported, as the user of the app sees it; undefined if neither did. */
export function reasonOf(error: unknown): FailureName | undefined {
  const { reason, path } = factsOf(error)
  if (reason === 'not-a-file') return 'inTheWay'
  // SQLite has one code for many reasons. This error has looked at the files.
  const looked = error instanceof DatabaseOpenError && error.reason !== 'failed' ? error.reason : undefined
  const kind = looked ?? systemFailureIn(error)?.kind
  if (kind && !(error instanceof DataDirError) && !anywhere.has(kind)) return undefined
  const name = kind && byKind[kind]
  return name === 'noPermission' && path !== undefined && isFolderMissing(path, error) ? 'cannotCreate' : name
}

/** A drive that is missing gives the same error as a folder without permission: users may not create folders beside it. */
function isFolderMissing(path: string, error: unknown): boolean {
  if (existsSync(path)) return false
  const isFolder = [...causesOf(error)].some((cause) => 'syscall' in cause && cause.syscall === 'mkdir')
  return isFolder || !existsSync(dirname(path))
}

/** Returns the file or folder that the error is about. It is the folder if the file in it is missing and not allowed. */
export function placeOf(error: unknown): string | undefined {
  const { path, dir } = factsOf(error)
  if (path === undefined) return dir
  return reasonOf(error) === 'noPermission' && !existsSync(path) ? dirname(path) : path
}

/** What the errors of this package have in common, as far as they have it. */
export interface ErrorFacts {
  readonly path?: string
  readonly dir?: string
  readonly reason?: string
  readonly missingBytes?: number
  readonly holder?: DatabaseOpenError['holder']
}

export function factsOf(error: unknown): ErrorFacts {
  return error instanceof DataDirError ? (error as DataDirError & ErrorFacts) : {}
}

const isAboutFolder = new Set<FailureName>([
  'noPermission',
  'cannotCreate',
  'readOnly',
  'diskFull',
  'quotaUsed',
  'fileTooLarge',
  'inTheWay',
  'folderMissing',
  'diskError',
  'unsuitableFolder',
])

const isAboutFiles = new Set<FailureName>([
  'linked',
  'replaced',
  'dataDamaged',
  'dataMissing',
  'dataMismatch',
  'backupFailed',
  'restoreFailed',
  'backupMissing',
])

const staysForNow = new Set<FailureName>(['unsuitableFolder', 'dataNewer', 'brokenInstall', 'ownError'])

/** Whether another data directory helps. */
export function isFolderAtFault(name: FailureName): boolean {
  return isAboutFolder.has(name)
}

/** Whether the user can do something in the folder of the data. */
export function isFolderOfUse(name: FailureName): boolean {
  return isAboutFolder.has(name) || isAboutFiles.has(name)
}

/** Whether the failure may be gone at the next attempt. */
export function mayGoAway(name: FailureName): boolean {
  return !staysForNow.has(name)
}
