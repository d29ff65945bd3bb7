import { inspect } from 'node:util'
import { app, clipboard } from 'electron'
import { DataDirError } from '../../../shared/data-dir-error.ts'
import type { Damage, DamageChoice } from '../../sqlite/damaged.ts'
import type { BackupFailedError } from '../../sqlite/errors/backup-errors.ts'
import type { BackupFailedChoice } from '../../sqlite/migrations/migrations-backup.ts'
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

/** Shows in a native dialog why the data directory cannot be opened, and what to do. */
export async function showFailure(error: unknown, product: string): Promise<void> {
  const { failureText } = await import('./failure-texts.ts')
  await show('error', error, product, failureText(error, product))
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
export async function askAboutDamage(
  damage: Damage,
  product: string,
  signal: AbortSignal,
): Promise<DamageChoice> {
  const { damageText } = await import('./failure-texts.ts')
  // Electron does not know the locale before.
  await whenReady(product)
  return ask(damage.error, product, damageText(damage, product, app.getLocale()), signal)
}

/** Asks the user in a native dialog what to do when the backup before an update of the data cannot be made. */
export async function askAboutBackup(
  error: BackupFailedError,
  product: string,
  signal: AbortSignal,
): Promise<BackupFailedChoice> {
  const { backupFailedText } = await import('./failure-texts.ts')
  return ask(error, product, backupFailedText(error, product), signal)
}

/** Asks the user in a native dialog whether to try again to open a database that another program keeps locked. */
export async function askAboutBusy(error: Error, product: string, signal: AbortSignal): Promise<boolean> {
  printFailure(error, product)
  const { busyText } = await import('./failure-texts.ts')
  return ask(error, product, busyText(error, product), signal)
}

/** @param signal quits, without a dialog or out of an open one: the app is quit by other means. */
async function ask<Choice>(
  error: Error,
  product: string,
  text: FailureText<Choice>,
  signal: AbortSignal,
): Promise<Choice> {
  const choice = signal.aborted ? text.quit : await show('warning', error, product, text, signal)
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
  product: string,
  { message, detail, buttons, quit, enter }: FailureText<Choice>,
  signal?: AbortSignal,
): Promise<Choice> {
  const { showMessageBox } = await import('./message-box.ts')
  await whenReady(product)
  const [copyId, quitId] = [buttons.length, buttons.length + 1]
  const defaultId = buttons.findIndex(({ choice }) => choice === enter)
  for (;;) {
    const button = await showMessageBox({
      type,
      title: product,
      message,
      // The name of a file may have marks that reorder the line.
      detail: detail.replaceAll(/[\u2066-\u2069]/g, '?'),
      buttons: [...buttons.map(({ label }) => label), '&Copy Details', '&Quit'],
      defaultId: defaultId === -1 ? quitId : defaultId,
      cancelId: quitId,
      noLink: true,
      ...(signal && { signal }),
    })
    if (button !== copyId) return buttons[button]?.choice ?? quit
    clipboard.writeText(`${message}\n\n${detail}\n\n${reportOf(error)}`)
  }
}
