import { foreignText, printable } from '../../../../shared/printable.ts'
import { fillIn } from './fill-in.ts'
import type { HeldCase, HeldFacts } from './held-case.ts'
import type { HeldWords } from './held-words.ts'

/** What a press of a button means. */
export type HeldAction = 'show' | 'try-again' | 'end-process' | 'copy' | 'quit'

/** The held dialog in words and buttons, apart from how it is shown. */
export interface HeldText {
  readonly message: string
  /** Advice, then the facts, one a line. */
  readonly detail: string
  /** The first one is what Enter does, the last one what Esc does. */
  readonly buttons: readonly { readonly label: string; readonly action: HeldAction }[]
}

/** A line above the facts: what became of the button that was pressed before. */
export type HeldNote =
  | 'no-window'
  | 'no-answer'
  | { readonly refused: string }
  | { readonly notEnded: string }

export interface HeldTextOptions {
  /** A BCP 47 tag, for the start time. */
  readonly locale?: string | undefined
  readonly note?: HeldNote | undefined
}

/** Puts a case into words. */
export function heldText(
  now: HeldCase,
  facts: HeldFacts,
  words: HeldWords,
  { locale, note }: HeldTextOptions = {},
): HeldText {
  const advice = [note && noteOf(note, words), adviceOf(now, words, facts)].filter(Boolean)
  const detail = [advice.join('\n'), factLines(facts, words, locale).join('\n')].filter(Boolean)
  return {
    message: messageOf(now, facts, words, locale),
    detail: detail.join('\n\n'),
    buttons: actionsFor(now, facts).map((action) => ({ action, label: labelOf(action, facts, words) })),
  }
}

/** The words of the second question, before a process is ended. */
export function endQuestion(facts: HeldFacts, words: HeldWords): HeldText {
  return {
    message: fillIn(words.endQuestion, whoOf(facts, words)),
    detail: words.endConsequence,
    buttons: [
      { action: 'end-process', label: words.endConfirm },
      { action: 'quit', label: words.endCancel },
    ],
  }
}

/** All that a box says, for the clipboard: without the marks that only its layout needs. */
export function heldDetails(text: HeldText): string {
  return `${text.message}\n${text.detail}`.replaceAll(/[\u2068\u2069]/g, '')
}

function messageOf(now: HeldCase, facts: HeldFacts, words: HeldWords, locale: string | undefined): string {
  const who = whoOf(facts, words)
  switch (now.kind) {
    case 'answering':
      return fillIn(isSameApp(facts) ? words.answering : words.answeringOther, who)
    case 'migrating':
      return fillIn(words.migrating, { ...who, done: now.done, total: now.total })
    case 'silent':
      return fillIn(words.silent, { ...who, time: timeOf(now.since, locale) })
    case 'no-server':
      return fillIn(words.noServer, who)
    case 'starting':
    case 'asking':
    case 'quitting':
      return fillIn(words[now.kind], who)
  }
}

function adviceOf(now: HeldCase, words: HeldWords, facts: HeldFacts): string | undefined {
  switch (now.kind) {
    case 'starting':
    case 'migrating':
      return words.soon
    case 'asking':
      return words.askingAdvice
    case 'silent':
      return words.silentAdvice
    case 'quitting':
    case 'no-server':
      return fillIn(words.opensAfterwards, { product: facts.product })
    case 'answering':
      return undefined
  }
}

function actionsFor({ kind }: HeldCase, facts: HeldFacts): HeldAction[] {
  switch (kind) {
    case 'answering':
    case 'starting':
    case 'migrating':
    case 'asking':
      return ['show', 'copy', 'quit']
    case 'silent':
      return facts.isIdentified ? ['try-again', 'end-process', 'copy', 'quit'] : ['try-again', 'copy', 'quit']
    case 'quitting':
    case 'no-server':
      return ['try-again', 'copy', 'quit']
  }
}

function labelOf(action: HeldAction, facts: HeldFacts, words: HeldWords): string {
  switch (action) {
    case 'show':
      return fillIn(words.show, { app: facts.app ?? facts.product })
    case 'try-again':
      return words.tryAgain
    case 'end-process':
      return words.endProcess
    case 'copy':
      return words.copyDetails
    case 'quit':
      return words.quit
  }
}

function factLines(facts: HeldFacts, words: HeldWords, locale: string | undefined): string[] {
  const line = (template: string, value: string | undefined) =>
    value === undefined ? [] : [fillIn(template, { value })]
  return [
    ...placeLine(facts, words),
    ...(facts.isOtherUser ? [words.otherUser] : []),
    ...line(words.version, facts.version),
    ...line(words.started, facts.startedAt && formatTime(facts.startedAt, locale)),
    ...line(words.program, facts.program),
    ...line(words.folder, printable(facts.dir)),
  ]
}

function placeLine({ place, host }: HeldFacts, words: HeldWords): string[] {
  if (place === 'here') return []
  if (place === 'other-pid-namespace') return [words.otherNamespace]
  return [host === undefined ? words.otherHostUnnamed : fillIn(words.otherHost, { host })]
}

function noteOf(note: HeldNote, words: HeldWords): string {
  if (note === 'no-window') return words.noWindow
  if (note === 'no-answer') return words.noAnswer
  if ('refused' in note) return fillIn(words.refused, { reason: note.refused })
  return fillIn(words.notEnded, { reason: note.notEnded })
}

function whoOf(facts: HeldFacts, words: HeldWords): Record<string, string> {
  return {
    product: facts.product,
    app: facts.app ?? programName(facts.program) ?? words.anotherProgram,
    pid: facts.pid === undefined ? '' : fillIn(words.pid, { number: facts.pid }),
  }
}

function isSameApp({ app, product }: HeldFacts): boolean {
  // The name in the record was cleaned in the same way when it was read.
  return app === foreignText(product)
}

function programName(program: string | undefined): string | undefined {
  return program?.split(/[/\\]/).at(-1)
}

function timeOf(date: Date, locale: string | undefined): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(date)
}

function formatTime(timestamp: string, locale: string | undefined): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(timestamp),
  )
}
