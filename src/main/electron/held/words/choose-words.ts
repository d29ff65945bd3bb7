import { english } from './english.ts'
import { german } from './german.ts'
import type { HeldWords } from './held-words.ts'

const builtIn: Readonly<Record<string, HeldWords>> = { en: english, de: german }

/**
 * The words of a language, with the app's own over them.
 *
 * @param locale a BCP 47 tag. A language that is not built in gets English.
 * @param own entries that replace the built-in ones; all of them make a language of their own.
 */
export function chooseWords(locale: string, own: Partial<HeldWords> = {}): HeldWords {
  const language = locale.split('-', 1)[0]?.toLowerCase() ?? ''
  return { ...(builtIn[language] ?? english), ...own }
}
