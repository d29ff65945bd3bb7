import { byteSize } from '../../../shared/byte-size.ts'
import { DataDirError } from '../../../shared/data-dir-error.ts'
import { foreignText, printable } from '../../../shared/printable.ts'
import { systemFailureIn } from '../../../shared/system-failure.ts'
import type { Damage, DamageChoice, DamageKind } from '../../sqlite/damaged.ts'
import type { BackupFailedError } from '../../sqlite/errors/backup-errors.ts'
import { DatabaseMissingError } from '../../sqlite/errors/open-errors.ts'
import type { BackupFailedChoice } from '../../sqlite/migrations/migrations-backup.ts'
import type { DialogWords, FailureName } from '../words/dialog-words.ts'
import { fillIn } from '../words/fill-in.ts'
import type { Language } from '../words/language.ts'
import {
  factsOf,
  failureOf,
  isFolderAtFault,
  isFolderOfUse,
  mayGoAway,
  placeOf,
  reasonOf,
} from './failure-names.ts'

/** The words and buttons of a dialog about data that cannot be opened. */
export interface FailureText<Choice> {
  readonly message: string
  readonly detail: string
  /**
   * From left to right. **Open Folder**, **Copy Details** and **Quit** come last, and Esc presses **Quit**. `&` marks an
   * access key.
   */
  readonly buttons: readonly { readonly label: string; readonly choice: Choice }[]
  /** The choice of **Quit**. */
  readonly quit: Choice
  /** The choice of the button that Enter presses. */
  readonly enter: Choice
  /** A path in the folder that **Open Folder** opens. Undefined without that button. */
  readonly folder?: string | undefined
}

/** What the user does about a failure. */
export type FailureChoice = 'try-again' | 'choose-folder' | 'quit'

/** What the app can do about a failure. */
export interface FailureContext {
  readonly product: string
  readonly language: Language
  /** Whether the claim can be made again. */
  readonly canTryAgain: boolean
  /** Whether the app has a way to choose another data directory. */
  readonly canChooseFolder: boolean
}

/** Says why the data directory cannot be opened, and what to do. */
export function failureText(error: unknown, context: FailureContext): FailureText<FailureChoice> {
  const { product, language, canTryAgain, canChooseFolder } = context
  const { words } = language
  const name = failureOf(error)
  const offers: readonly FailureChoice[] = [
    ...(canTryAgain && mayGoAway(name) ? (['try-again'] as const) : []),
    ...(canTryAgain && canChooseFolder && isFolderAtFault(name) ? (['choose-folder'] as const) : []),
  ]
  const labels = { 'try-again': words.tryAgain, 'choose-folder': words.chooseFolder, quit: words.quit }
  const reason = name === 'restoreFailed' || name === 'backupMissing' ? reasonOf(error) : undefined
  return {
    ...bodyOf(error, name, product, language, reason ? [words[`${reason}Advice`]] : []),
    buttons: offers.map((choice) => ({ label: labels[choice], choice })),
    quit: 'quit',
    enter: offers[0] ?? 'quit',
  }
}

/** Says which program keeps the database locked. The choice is whether to try again. */
export function busyText(error: Error, product: string, language: Language): FailureText<boolean> {
  return {
    ...bodyOf(error, failureOf(error), product, language),
    buttons: [{ label: language.words.tryAgain, choice: true }],
    quit: false,
    enter: true,
  }
}

/** Says why the backup before an update of the data cannot be made. */
export function backupFailedText(
  error: BackupFailedError,
  product: string,
  language: Language,
): FailureText<BackupFailedChoice> {
  const { words } = language
  const reason = reasonOf(error)
  return {
    ...bodyOf(error, 'backupFailed', product, language, reason ? [words[`${reason}Advice`]] : []),
    buttons: [
      { label: words.tryAgain, choice: 'retry' },
      { label: words.continueWithoutBackup, choice: 'skip' },
    ],
    quit: 'fail',
    enter: 'retry',
  }
}

/** Says why a database cannot be opened as it is. */
export function damageText(damage: Damage, product: string, language: Language): FailureText<DamageChoice> {
  const { kind, choices, newestBackup, error } = damage
  const { words, locale } = language
  const offered = buttonOrder.filter((choice) => choices.includes(choice))
  const madeAt = newestBackup?.madeAt.toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' })
  const isRescued = newestBackup?.kind === 'rescued'
  const lines = [
    ...(choices.includes('use-database') ? [words.withoutChanges] : []),
    ...(madeAt === undefined
      ? []
      : [fillIn(isRescued ? words.rescuedCopy : words.goodBackup, { time: madeAt })]),
    ...(choices.includes('start-empty') ? [words.noBackup] : []),
    ...(offered.length > 0 && hasFiles(damage) ? [words.fileIsKept] : []),
  ]
  const labels = {
    rebuild: words.repair,
    'use-database': words.openAnyway,
    restore: isRescued ? words.restoreCopy : words.restoreBackup,
    'start-empty': words.startFresh,
  }
  const [first] = offered
  return {
    ...bodyOf(error, namesOfDamage[kind], product, language, [lines.join(' ')]),
    buttons: offered.map((choice) => ({ label: labels[choice], choice })),
    quit: 'keep',
    enter: first && isSafe(kind, first) ? first : 'keep',
  }
}

/** Returns whether there is a file that can be replaced or set aside: the database, or the log that it has left. */
function hasFiles({ error, databasePath }: Damage): boolean {
  return !(error instanceof DatabaseMissingError) || error.traces.includes(`${databasePath}-wal`)
}

/**
 * Returns whether Enter alone may make this choice. It may not go back from a newer file, which is whole, leave a log out,
 * or start without data.
 */
function isSafe(kind: DamageKind, choice: DamageChoice): boolean {
  return choice === 'rebuild' || (choice === 'restore' && (kind === 'damaged' || kind === 'missing'))
}

const buttonOrder = ['rebuild', 'use-database', 'restore', 'start-empty'] as const

const namesOfDamage: Readonly<Record<DamageKind, FailureName>> = {
  damaged: 'dataDamaged',
  index: 'indexDamaged',
  missing: 'dataMissing',
  mismatch: 'dataMismatch',
  newer: 'dataNewer',
}

/** Returns what happened, then what it means and what to do, then the facts for the one who repairs it. */
function bodyOf(
  error: unknown,
  name: FailureName,
  product: string,
  { words, locale }: Language,
  more: readonly string[] = [],
): Pick<FailureText<unknown>, 'message' | 'detail' | 'folder'> {
  const { holder } = factsOf(error)
  const program = holder?.program?.split(/[/\\]/).at(-1)
  const values = { product, program: program ?? words.anotherProgram }
  const advice = [words[`${name}Advice`], ...more].filter(Boolean).map((text) => fillIn(text, values))
  return {
    message: fillIn(words[name], values),
    detail: [...advice, factLines(error, name, words, locale).join('\n')].filter(Boolean).join('\n\n'),
    folder: isFolderOfUse(name) ? placeOf(error) : undefined,
  }
}

function factLines(
  error: unknown,
  name: FailureName,
  words: DialogWords,
  locale: string | undefined,
): string[] {
  // The developer's mistake. Its text is on stderr, and the names of options mean nothing to a user.
  if (name === 'ownError') return []
  const { holder, missingBytes } = factsOf(error)
  const place = placeOf(error)
  const line = (template: string, value: string | number | undefined) =>
    value === undefined ? [] : [fillIn(template, { value })]
  return [
    ...line(words.pid, holder?.pid),
    ...line(words.program, holder?.program),
    ...line(words.spaceNeeded, missingBytes === undefined ? undefined : byteSize(missingBytes, locale)),
    ...line(words.location, place === undefined ? undefined : printable(place)),
    ...line(words.error, errorLine(error, name)),
  ]
}

/** The longest message of an error in a dialog, in letters. Copy Details has all of it. */
const messageAtMost = 300

function errorLine(error: unknown, name: FailureName): string {
  if (!(error instanceof DataDirError)) {
    return foreignText(error instanceof Error ? error.message : String(error), messageAtMost)
  }
  const what = name === 'failed' ? foreignText(error.summary, messageAtMost) : systemFailureIn(error)?.code
  return what === undefined ? error.code : `${what} (${error.code})`
}
