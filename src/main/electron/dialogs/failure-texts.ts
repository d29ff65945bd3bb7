import { DataDirError, InvalidOptionError } from '../../../shared/data-dir-error.ts'
import { systemFailureIn } from '../../../shared/system-failure.ts'
import type { Damage, DamageChoice, DamageKind } from '../../sqlite/damaged.ts'
import type { BackupFailedError } from '../../sqlite/errors/backup-errors.ts'
import type { Backup } from '../../sqlite/files/backup-files.ts'
import type { BackupFailedChoice } from '../../sqlite/migrations/migrations-backup.ts'

/** The words and buttons of a dialog about data that cannot be opened. */
export interface FailureText<Choice> {
  readonly message: string
  readonly detail: string
  /** From left to right. **Copy Details** and **Quit** come last, and Esc presses **Quit**. `&` marks an access key. */
  readonly buttons: readonly { readonly label: string; readonly choice: Choice }[]
  /** The choice of **Quit**. */
  readonly quit: Choice
  /** The choice of the button that Enter presses. */
  readonly enter: Choice
}

/** Says why the data directory cannot be opened, and what to do. */
export function failureText(error: unknown, product: string): FailureText<false> {
  const quit = { buttons: [], quit: false, enter: false } as const
  // The developer's mistake. Its text is on stderr, and the names of options mean nothing to a user.
  if (error instanceof InvalidOptionError) {
    const message = `${product} cannot start because of an error in the app.`
    return { message, detail: 'Report this to its developer.', ...quit }
  }
  return { message: `${product} cannot open its data.`, detail: detailOf(error), ...quit }
}

function detailOf(error: unknown): string {
  if (error instanceof DataDirError) return `${error.summary}\n\n${error.remedy}`
  const message = error instanceof Error ? error.message : String(error)
  const remedy = systemFailureIn(error)?.remedy
  return [
    `Something in the app failed while it opened its data: ${message}`,
    ...(remedy === undefined ? [] : [remedy]),
    'Start the app again. If it fails again, report this error to the developer of the app.',
  ].join('\n\n')
}

/** Says which program keeps the database locked. The choice is whether to try again. */
export function busyText(error: Error, product: string): FailureText<boolean> {
  return { ...failureText(error, product), buttons: [{ label: '&Try Again', choice: true }], enter: true }
}

/** Says why the backup before an update of the data cannot be made. */
export function backupFailedText(error: BackupFailedError, product: string): FailureText<BackupFailedChoice> {
  return {
    message: `${product} cannot back up its data before it updates it.`,
    detail:
      `${error.summary}\n\n${error.remedy} Nothing was changed.\n\n` +
      'Without a backup there is no way back to the data as it is now.',
    buttons: [
      { label: 'Continue &Without Backup', choice: 'skip' },
      { label: '&Try Again', choice: 'retry' },
    ],
    quit: 'fail',
    enter: 'retry',
  }
}

/**
 * Says why a database cannot be opened as it is.
 *
 * @param locale a BCP 47 tag, for the date of the backup.
 */
export function damageText(damage: Damage, product: string, locale: string): FailureText<DamageChoice> {
  const { kind, newestBackup } = damage
  const labels = labelsOf(damage)
  const choices = buttonOrder.filter((choice) => damage.choices.includes(choice))
  const parts = [damage.error.summary, explanations[kind](product)]
  if (newestBackup) parts.push(aboutBackup(kind, newestBackup, locale))
  else if (damage.choices.includes('start-empty')) {
    parts.push(
      `There is no good backup. ${labels['start-empty'].replace('&', '')} creates a new file without any of your data.`,
    )
  }
  return {
    message: messages[kind](product),
    detail: parts.join('\n\n'),
    buttons: choices.map((choice) => ({ label: labels[choice], choice })),
    quit: 'keep',
    enter: isSafe(kind, choices[0]) && choices[0] ? choices[0] : 'keep',
  }
}

/**
 * Returns whether Enter alone may make this choice. It may not go back from a newer file, which is whole, leave a log out,
 * or start without data.
 */
function isSafe(kind: DamageKind, choice: DamageChoice | undefined): boolean {
  return choice === 'rebuild' || (choice === 'restore' && (kind === 'damaged' || kind === 'missing'))
}

function aboutBackup(kind: DamageKind, backup: Backup, locale: string): string {
  const time = backup.madeAt.toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' })
  const fits = kind === 'newer' ? ' that this version can open' : ''
  if (backup.kind === 'rescued') {
    return `There is a copy of your data${fits}. It was saved on ${time}, when the file was removed or replaced.`
  }
  return `There is a good backup of ${time}${fits}. It does not have what was written since then.`
}

const buttonOrder = ['rebuild', 'use-database', 'restore', 'start-empty'] as const

function labelsOf({ kind, newestBackup }: Damage): Readonly<Record<Exclude<DamageChoice, 'keep'>, string>> {
  return {
    restore: newestBackup?.kind === 'rescued' ? '&Restore Copy' : '&Restore Backup',
    rebuild: '&Repair Index',
    'use-database': kind === 'mismatch' ? '&Open Without Log' : '&Open',
    'start-empty': 'Start &Empty',
  }
}

const messages: Readonly<Record<DamageKind, (product: string) => string>> = {
  damaged: (product) => `${product}’s data is damaged.`,
  index: (product) => `An index of ${product}’s data is damaged.`,
  missing: (product) => `${product}’s data is missing.`,
  mismatch: (product) => `${product}’s data was changed by something else.`,
  newer: (product) => `${product}’s data is from a newer version.`,
}

const explanations: Readonly<Record<DamageKind, (product: string) => string>> = {
  damaged: () => 'Nothing was changed. A file that is replaced is kept next to the new one.',
  index: () =>
    'All of your data can be read. Repairing the index may take a while. ' +
    'A file that is replaced is kept next to the new one.',
  missing: (product) =>
    `Nothing was created. If you moved the file, quit ${product}, put the file back, and start ${product} again.`,
  mismatch: (product) =>
    'The log has changes that were not in the database file yet. Without the log, those changes are missing. ' +
    `The log is kept next to the database file. If you replaced the file by mistake, quit ${product} and put it back.`,
  newer: (product) =>
    `Nothing was changed. To go on with all of your data, update ${product}. ` +
    'A file that is replaced is kept next to the new one.',
}
