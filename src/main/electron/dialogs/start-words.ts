import { byteProgress } from '../../../shared/byte-size.ts'

/** What the start window says. */
export interface StartWords {
  readonly language: string
  readonly opening: string
  migrating(done: number, total: number): string
  backingUp(doneBytes: number, totalBytes: number): string
  readonly checking: string
}

const english: StartWords = {
  language: 'en',
  opening: 'Opening your data…',
  migrating: (done, total) => `Updating your data: ${done} of ${total}`,
  backingUp: (done, total) => `Backing up your data: ${byteProgress(done, total, 'en', 'of')}`,
  checking: 'Checking the backup…',
}

const german: StartWords = {
  language: 'de',
  opening: 'Die Daten werden geöffnet …',
  migrating: (done, total) => `Die Daten werden auf den neuesten Stand gebracht: ${done} von ${total}`,
  backingUp: (done, total) => `Die Daten werden gesichert: ${byteProgress(done, total, 'de', 'von')}`,
  checking: 'Die Sicherung wird geprüft …',
}

/** The words of a language; English where it is not built in. */
export function chooseStartWords(locale: string): StartWords {
  return /^de\b/i.test(locale) ? german : english
}
