import type { DialogWords } from './dialog-words.ts'
import { english } from './english.ts'
import { german } from './german.ts'

/** The language of a dialog. */
export interface Language {
  readonly words: DialogWords
  /** A BCP 47 tag, for times and numbers. */
  readonly locale?: string | undefined
}

/**
 * Returns a language with the app's own words in place of the built-in ones. A language that is not built in gets English
 * words with English times, unless the app brings words.
 *
 * @param locale a BCP 47 tag.
 * @param own replaces single entries, or all of them.
 */
export function chooseLanguage(locale: string, own?: Partial<DialogWords>): Language {
  const builtIn = /^de\b/i.test(locale) ? german : english
  const isOther = builtIn === english && !/^en\b/i.test(locale) && own === undefined
  return { words: { ...builtIn, ...own }, locale: isOther ? 'en' : locale }
}
