import type { Damage, DamageChoice, DamageKind } from '../sqlite/damaged.ts'

/** What the dialog about a database that cannot be opened says. */
export interface DamageText {
  readonly message: string
  readonly detail: string
  /** From left to right. The last is **Quit**. */
  readonly buttons: readonly { readonly label: string; readonly choice: DamageChoice }[]
}

/** @param locale a BCP 47 tag, for the date of the backup. */
export function damageText(damage: Damage, product: string, locale: string): DamageText {
  const { kind, newestBackup } = damage
  const labels = labelsOf(kind)
  const buttons = buttonOrder
    .filter((choice) => damage.choices.includes(choice))
    .map((choice) => ({ label: labels[choice], choice }))
  const parts = [damage.error.summary, explanations[kind](product)]
  if (newestBackup) {
    const time = newestBackup.madeAt.toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' })
    const fits = kind === 'newer' ? ' that this version can open' : ''
    parts.push(
      `There is a good backup of ${time}${fits}. Restoring it loses what was written since then. ` +
        'The present file is kept next to it.',
    )
  }
  return { message: messages[kind](product), detail: parts.join('\n\n'), buttons }
}

const buttonOrder: readonly DamageChoice[] = ['rebuild', 'use-database', 'restore', 'start-empty', 'keep']

function labelsOf(kind: DamageKind): Readonly<Record<DamageChoice, string>> {
  return {
    keep: 'Quit',
    restore: 'Restore Backup',
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
  newer: (product) => `To go on with all of your data, update ${product}.`,
}
