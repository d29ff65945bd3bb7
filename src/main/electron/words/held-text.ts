import { foreignText, printable } from '../../../shared/printable.ts'
import { fillIn, type Values, withoutIsolates } from './fill-in.ts'
import type { HeldWords } from './held-words.ts'
import type { Language } from './language.ts'

/** What the owner of a data directory is doing, as far as a contender can see. */
export type HeldCase =
  /** It answers, and can show its window. */
  | { readonly kind: 'answering' }
  /** It answers, but it has no window yet. */
  | { readonly kind: 'starting' }
  /** It answers, and is migrating its database: `done` of `total` migrations are done. */
  | { readonly kind: 'migrating'; readonly done: number; readonly total: number }
  /** It waits for its user to answer a question about its data, in a dialog. */
  | { readonly kind: 'asking' }
  /** Its process exists, but has shown no sign of life since that time. */
  | { readonly kind: 'silent'; readonly since: Date }
  /** It is closing, and releases the lock when it has closed. */
  | { readonly kind: 'quitting' }
  /** It accepts no requests, for example because it is a command-line tool, a script or another program. */
  | { readonly kind: 'no-server' }

/** What is known about the owner. What is not known is left out. */
export interface HeldFacts {
  /** This app's name. */
  readonly product: string
  /** The owner's name for itself. */
  readonly app?: string | undefined
  readonly pid?: number | undefined
  /** The owner's program: a path, or the kernel's short name for it. */
  readonly program?: string | undefined
  readonly version?: string | undefined
  readonly startedAt?: string | undefined
  /** The owner's computer, as the owner calls it. */
  readonly host?: string | undefined
  /** Where the PID is valid: in this process's PID namespace, or only in another one. */
  readonly place: 'here' | 'other-host' | 'other-pid-namespace'
  /** The name of the screen that has the owner's windows, if it is not the screen of this process. */
  readonly otherScreen?: string | undefined
  /** Whether the owner belongs to another user account of this computer. It then takes no requests from this one. */
  readonly isOtherUser?: boolean | undefined
  /** Whether the kernel shows that this very process has the lock. Only then may it be ended. */
  readonly isIdentified: boolean
  /** The data directory's real path. */
  readonly dir: string
  /** The paths of the files that are to be opened. */
  readonly files?: readonly string[] | undefined
}

/** What a press of a button does: the name of its label in the words. */
export type HeldAction = 'show' | 'tryAgain' | 'endProcess' | 'copyDetails' | 'quit'

/** The words and buttons of the held dialog. */
export interface HeldText {
  readonly message: string
  /** Advice, then the facts, one per line. */
  readonly detail: string
  /** Esc presses the last one. */
  readonly buttons: readonly { readonly label: string; readonly action: HeldAction }[]
}

/** A line above the advice: the result of the button that was pressed before. A string is the name of an entry. */
export type HeldNote =
  | 'noWindow'
  | 'noAnswer'
  | 'tooBig'
  | 'unreachable'
  | { readonly refused: string }
  | { readonly notEnded: string }

interface CaseWords {
  readonly message: keyof HeldWords
  readonly advice?: keyof HeldWords
  readonly actions: readonly HeldAction[]
}

const whileItAnswers: readonly HeldAction[] = ['show', 'copyDetails', 'quit']
const whileItIsSilent: readonly HeldAction[] = ['tryAgain', 'endProcess', 'copyDetails', 'quit']
const whileItTakesNoRequests: readonly HeldAction[] = ['tryAgain', 'copyDetails', 'quit']

const caseWords: Readonly<Record<HeldCase['kind'], CaseWords>> = {
  answering: { message: 'answering', actions: whileItAnswers },
  starting: { message: 'starting', advice: 'soon', actions: whileItAnswers },
  migrating: { message: 'migrating', advice: 'soon', actions: whileItAnswers },
  asking: { message: 'asking', advice: 'askingAdvice', actions: whileItAnswers },
  silent: { message: 'silent', advice: 'silentAdvice', actions: whileItIsSilent },
  quitting: { message: 'quitting', advice: 'opensAfterwards', actions: whileItTakesNoRequests },
  'no-server': { message: 'noServer', advice: 'opensAfterwards', actions: whileItTakesNoRequests },
}

/** Puts a case into words. */
export function heldText(
  now: HeldCase,
  facts: HeldFacts,
  { words, locale }: Language,
  note?: HeldNote,
): HeldText {
  const { message, advice, actions } = caseWords[now.kind]
  // The name in the record was cleaned in the same way when it was read.
  const isSameApp = facts.app === foreignText(facts.product)
  const screen = actions.includes('show') ? facts.otherScreen : undefined
  const screenLine = screen === undefined ? undefined : fillIn(words.otherScreen, { screen })
  const values = { ...ownerValues(facts, words), ...caseValues(now) }
  const canEnd = actions.includes('endProcess') && facts.isIdentified
  const adviceLine = [advice && words[advice], canEnd && words.silentWarning].filter(Boolean).join(' ')
  const notes = [note && noteOf(note, words), fillIn(adviceLine, values), screenLine].filter(Boolean)
  const detail = [notes.join('\n'), factLines(facts, words, locale, now).join('\n')].filter(Boolean)
  return {
    message: fillIn(words[messageFor(message, isSameApp)], values),
    detail: detail.join('\n\n'),
    buttons: actions
      .filter((action) => action !== 'endProcess' || canEnd)
      .map((action) => ({ action, label: labelOf(action, facts, words) })),
  }
}

function messageFor(message: keyof HeldWords, isSameApp: boolean): keyof HeldWords {
  if (message === 'answering' && !isSameApp) return 'answeringOther'
  return message === 'noServer' && isSameApp ? 'answering' : message
}

/** The most letters of a name on a button. A longer one would push the other buttons off a small screen. */
const nameOnButton = 30

function labelOf(action: HeldAction, { app, product }: HeldFacts, words: HeldWords): string {
  return fillIn(words[action], { app: foreignText(app ?? product, nameOnButton).replaceAll('&', '&&') })
}

/** The process that has a store elsewhere. What is not known is left out. */
export interface ElsewhereFacts {
  readonly app?: string | undefined
  readonly host?: string | undefined
  readonly user?: string | undefined
  readonly pid?: number | undefined
  readonly since?: Date | undefined
}

/** Returns the words if the app's own store is in use elsewhere. Text from the other process is made printable. */
export function elsewhereText(
  { app, host, user, pid, since }: ElsewhereFacts,
  { product, dir }: Pick<HeldFacts, 'product' | 'dir'>,
  { words, locale }: Language,
): HeldText {
  const facts: HeldFacts = {
    product,
    app: app === undefined ? product : foreignText(app),
    pid,
    startedAt: since?.toISOString(),
    place: 'here',
    isIdentified: false,
    dir,
  }
  const line = (template: string, value: string | undefined) =>
    value === undefined ? [] : [fillIn(template, { value: foreignText(value) ?? '' })]
  const owner = [...line(words.computer, host), ...line(words.user, user)]
  return {
    message: fillIn(words.elsewhere, ownerValues(facts, words)),
    detail: [
      fillIn(words.opensAfterwards, { product }),
      [...owner, ...factLines(facts, words, locale)].join('\n'),
    ].join('\n\n'),
    buttons: whileItTakesNoRequests.map((action) => ({ action, label: words[action] })),
  }
}

/** Returns the words of the second question, before a process is ended. */
export function endQuestion(facts: HeldFacts, words: HeldWords): HeldText {
  return {
    message: fillIn(words.endQuestion, ownerValues(facts, words)),
    detail: [fillIn(words.endConsequence, ownerValues(facts, words)), ...pidLine(facts, words)].join('\n\n'),
    buttons: [
      { action: 'endProcess', label: words.endConfirm },
      { action: 'quit', label: words.endCancel },
    ],
  }
}

/** Returns the words of the box that is open until a process has ended. */
export function endingText(facts: HeldFacts, words: HeldWords): HeldText {
  return {
    message: fillIn(words.ending, ownerValues(facts, words)),
    detail: [words.endingAdvice, ...pidLine(facts, words)].join('\n\n'),
    buttons: [{ action: 'quit', label: words.quit }],
  }
}

/** Returns all that a box says, for the clipboard: without the marks that only its layout needs. */
export function heldDetails(text: HeldText): string {
  return withoutIsolates(`${text.message}\n${text.detail}`)
}

function factLines(facts: HeldFacts, words: HeldWords, locale: string | undefined, now?: HeldCase): string[] {
  const line = (template: string, value: string | undefined) =>
    value === undefined ? [] : [fillIn(template, { value })]
  return [
    ...fileLine(facts, words),
    ...placeLine(facts, words),
    ...(facts.isOtherUser ? [words.otherUser] : []),
    ...pidLine(facts, words),
    ...line(words.silentSince, now?.kind === 'silent' ? clockTime(now.since, locale) : undefined),
    ...line(words.version, facts.version),
    ...line(words.started, facts.startedAt && startTime(facts.startedAt, locale)),
    ...line(words.program, facts.program),
    ...line(words.folder, printable(facts.dir)),
  ]
}

/** The most letters of the name of a file. */
const fileName = 60

function fileLine({ files = [] }: HeldFacts, words: HeldWords): string[] {
  const [first, ...others] = files
  if (first === undefined) return []
  const value = foreignText(first.split(/[/\\]/).at(-1) ?? '', fileName)
  return [fillIn(others.length > 0 ? words.files : words.file, { value, count: others.length })]
}

function pidLine({ pid }: HeldFacts, words: HeldWords): string[] {
  return pid === undefined ? [] : [fillIn(words.pid, { value: pid })]
}

function placeLine({ place, host }: HeldFacts, words: HeldWords): string[] {
  if (place === 'here') return []
  if (place === 'other-pid-namespace') return [words.otherNamespace]
  return [host === undefined ? words.otherHostUnnamed : fillIn(words.otherHost, { host })]
}

function clockTime(time: Date, locale: string | undefined): string {
  return time.toLocaleTimeString(locale, { timeStyle: 'medium' })
}

function startTime(timestamp: string, locale: string | undefined): string {
  return new Date(timestamp).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' })
}

function noteOf(note: HeldNote, words: HeldWords): string {
  if (typeof note === 'string') return words[note]
  if ('refused' in note) return fillIn(words.refused, { reason: note.refused })
  return fillIn(words.notEnded, { reason: note.notEnded })
}

function ownerValues(facts: HeldFacts, words: HeldWords): Values {
  return {
    product: facts.product,
    app: facts.app ?? facts.program?.split(/[/\\]/).at(-1) ?? words.anotherProgram,
  }
}

function caseValues(now: HeldCase): Values {
  return now.kind === 'migrating' ? { done: now.done, total: now.total } : {}
}
