import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { inspect } from 'node:util'
import { clipboard, shell } from 'electron'
import { DataDirError } from '../../../shared/data-dir-error.ts'
import type { Damage, DamageChoice } from '../../sqlite/damaged.ts'
import type { BackupFailedError } from '../../sqlite/errors/backup-errors.ts'
import type { BackupFailedChoice } from '../../sqlite/migrations/migrations-backup.ts'
import { withoutIsolates } from '../words/fill-in.ts'
import type { Language } from '../words/language.ts'
import type { FailureText } from './failure-texts.ts'
import { whenReady } from './when-ready.ts'

// The words and the message box are loaded when they are needed: they wait for `ready` anyway, and most starts need none.

/**
 * Writes to stderr why this process does not own the data directory. An error that is not of this package has its stack,
 * also if it is the cause.
 */
export function printFailure(error: unknown, product: string): void {
  console.error(`${product}: ${reportOf(error)}`)
}

function reportOf(error: unknown): string {
  return error instanceof DataDirError ? textOf(error) : inspect(error)
}

function textOf(error: DataDirError): string {
  const text = `${error.message} [${error.code}]`
  const { cause } = error
  // An error with a code is explained by the message.
  return cause instanceof Error && !('code' in cause) ? `${text}\n${inspect(cause)}` : text
}

/** What every dialog about data that cannot be opened needs. */
export interface Asking {
  /** This app's name. */
  readonly product: string
  readonly language: () => Language
  /** Quits, without a dialog or out of an open one: the app is quit by other means. */
  readonly signal: AbortSignal
}

/** What the user wants after a failure: to try again with the same data directory, or with another one, or to quit. */
export type FailureAnswer = 'try-again' | 'quit' | { readonly dir: string }

/** What the app can do about a failure. */
export interface WaysOut {
  readonly canTryAgain: boolean
  /** The option of the app. */
  readonly chooseDir?: (() => string | undefined | Promise<string | undefined>) | undefined
}

/** Shows in a native dialog why the data directory cannot be opened, and asks what to do. */
export async function askAboutFailure(
  error: unknown,
  asking: Asking,
  { canTryAgain, chooseDir }: WaysOut,
): Promise<FailureAnswer> {
  const { failureText } = await import('./failure-texts.ts')
  const { product, language, signal } = asking
  for (;;) {
    if (signal.aborted) return 'quit'
    await whenReady(product)
    const ways = { canTryAgain, canChooseFolder: chooseDir !== undefined }
    const choice = await show(
      'error',
      error,
      asking,
      failureText(error, { product, language: language(), ...ways }),
    )
    if (choice !== 'choose-folder') return choice
    try {
      const dir = await chooseDir?.()
      if (dir) return { dir }
    } catch (failure) {
      printFailure(failure, product)
    }
  }
}

const declined = new WeakSet<Error>()

/** Marks an error about which the user was asked, or cannot be asked. No other dialog then shows it. */
export function markDeclined<Failure extends Error>(error: Failure): Failure {
  declined.add(error)
  return error
}

/** Returns whether the user was asked about this error in a dialog and chose to quit. */
export function wasDeclined(error: unknown): boolean {
  return error instanceof Error && declined.has(error)
}

/** Asks the user in a native dialog what to do with a database that cannot be opened as it is. */
export async function askAboutDamage(damage: Damage, asking: Asking): Promise<DamageChoice> {
  const { damageText } = await import('./failure-texts.ts')
  return ask(damage.error, asking, (language) => damageText(damage, asking.product, language))
}

/** Asks the user in a native dialog what to do when the backup before an update of the data cannot be made. */
export async function askAboutBackup(error: BackupFailedError, asking: Asking): Promise<BackupFailedChoice> {
  const { backupFailedText } = await import('./failure-texts.ts')
  return ask(error, asking, (language) => backupFailedText(error, asking.product, language))
}

/** Asks the user in a native dialog whether to try again to open a database that another program keeps locked. */
export async function askAboutBusy(error: Error, asking: Asking): Promise<boolean> {
  printFailure(error, asking.product)
  const { busyText } = await import('./failure-texts.ts')
  return ask(error, asking, (language) => busyText(error, asking.product, language))
}

/** @param textIn returns the text. Electron does not know the language before it is ready. */
async function ask<Choice>(
  error: Error,
  asking: Asking,
  textIn: (language: Language) => FailureText<Choice>,
): Promise<Choice> {
  if (!asking.signal.aborted) await whenReady(asking.product)
  const text = textIn(asking.language())
  const choice = asking.signal.aborted ? text.quit : await show('warning', error, asking, text)
  if (choice === text.quit) markDeclined(error)
  return choice
}

/**
 * Waits for `ready`: before it, a dialog on Linux goes to stderr only
 * (electronjs.org/docs/latest/api/dialog#dialogshowerrorboxtitle-content).
 */
async function show<Choice>(
  type: 'error' | 'warning',
  error: unknown,
  { product, language, signal }: Asking,
  { message, detail, buttons, quit, enter, folder }: FailureText<Choice>,
): Promise<Choice> {
  const { showMessageBox } = await import('./message-box.ts')
  await whenReady(product)
  const { words } = language()
  const helpers = [...(folder === undefined ? [] : (['openFolder'] as const)), 'copyDetails', 'quit'] as const
  const labels = [...buttons.map(({ label }) => label), ...helpers.map((helper) => words[helper])]
  const quitId = labels.length - 1
  const defaultId = buttons.findIndex(({ choice }) => choice === enter)
  for (;;) {
    const button = await showMessageBox({
      type,
      title: product,
      message,
      detail,
      buttons: labels,
      defaultId: defaultId === -1 ? quitId : defaultId,
      cancelId: quitId,
      noLink: true,
      signal,
    })
    const helper = helpers[button - buttons.length]
    if (helper === 'openFolder' && folder !== undefined) openFolder(folder, product)
    else if (helper === 'copyDetails') {
      clipboard.writeText(withoutIsolates(`${message}\n\n${detail}\n\n${reportOf(error)}`))
    } else return buttons[button]?.choice ?? quit
  }
}

/** Opens the folder in which a file is, or the nearest folder above it that exists. */
function openFolder(path: string, product: string): void {
  let folder = path
  while (!isFolder(folder) && dirname(folder) !== folder) folder = dirname(folder)
  // The dialog does not wait for the file manager.
  void shell.openPath(folder).then((failure) => failure && console.error(`${product}: ${folder}: ${failure}`))
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // It is missing, or this user may not look at it.
    return false
  }
}
