import { app } from 'electron'
import type { DialogWords } from '../words/dialog-words.ts'
import { chooseLanguage, type Language } from '../words/language.ts'

/** What an app chooses of the language of its dialogs. */
export interface LanguageOptions {
  /** The language of all dialogs and of the start window: a BCP 47 tag. Default `app.getLocale()`. */
  readonly locale?: string
  /**
   * Your own texts for the dialogs and the start window. They replace the built-in texts, which are English, or German in
   * a German locale.
   */
  readonly words?: Partial<DialogWords>
}

/** Returns the language of an app's dialogs, as of now. */
export function appLanguage({ locale, words }: LanguageOptions): Language {
  return chooseLanguage(appLocale(locale), words)
}

/**
 * Returns the language of an app's dialogs.
 *
 * @param wanted a BCP 47 tag, if the app chooses the language. An invalid tag is ignored.
 * @returns a BCP 47 tag. Before `ready`, when Electron has no locale yet
 * (electronjs.org/docs/latest/api/app#appgetlocale), it is that of the environment.
 */
function appLocale(wanted: string | undefined): string {
  for (const tag of [wanted, app.isReady() ? app.getLocale() : undefined]) {
    try {
      if (tag && Intl.getCanonicalLocales(tag).length > 0) return tag
    } catch {
      // A RangeError: not a tag.
    }
  }
  return new Intl.DateTimeFormat().resolvedOptions().locale
}
