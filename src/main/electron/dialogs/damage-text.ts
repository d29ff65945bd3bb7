import type { Damage, DamageChoice, DamageKind } from '../../sqlite/damaged.ts'
import type { Backup } from '../../sqlite/files/backup-names.ts'

/** What the dialog about a database that cannot be opened says. */
export interface DamageText {
  readonly message: string
  readonly detail: string
  /** From left to right. The last is **Quit**. */
  readonly buttons: readonly { readonly label: string; readonly choice: DamageChoice }[]
  /** Whether somebody who only presses Enter may press the first button. Otherwise Enter presses **Quit**. */
  readonly isFirstSafe: boolean
}

/** @param locale a BCP 47 tag, for the date of the backup. */
export function damageText(damage: Damage, product: string, locale: string): DamageText {
  const { kind, newestBackup } = damage
  const labels = labelsOf(damage)
  const buttons = buttonOrder
    .filter((choice) => damage.choices.includes(choice))
    .map((choice) => ({ label: labels[choice], choice }))
  const parts = [damage.error.summary, explanations[kind](product)]
  if (newestBackup) parts.push(aboutBackup(kind, newestBackup, locale))
  else if (damage.choices.includes('start-empty')) {
    parts.push(
      `There is no good backup. ${labels['start-empty']} creates a new file without any of your data.`,
    )
  }
  return {
    message: messages[kind](product),
    detail: parts.join('\n\n'),
    buttons,
    isFirstSafe: buttons[0] !== undefined && isSafe(kind, buttons[0].choice),
  }
}

/**
 * To go back from a newer file, which is whole, to leave a log out or to start without data must not be what happens if
 * somebody only presses Enter.
 */
function isSafe(kind: DamageKind, choice: DamageChoice): boolean {
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

const buttonOrder: readonly DamageChoice[] = ['rebuild', 'use-database', 'restore', 'start-empty', 'keep']

function labelsOf({ kind, newestBackup }: Damage): Readonly<Record<DamageChoice, string>> {
  return {
    keep: 'Quit',
    restore: newestBackup?.kind === 'rescued' ? 'Restore Copy' : 'Restore Backup',
    rebuild: 'Repair Index',
    'use-database': kind === 'mismatch' ? 'Open Without Log' : 'Open',
    'start-empty': 'Start Empty',
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
