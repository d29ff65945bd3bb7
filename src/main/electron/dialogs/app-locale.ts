import { app } from 'electron'

/**
 * Returns the language of an app's dialogs.
 *
 * @param wanted a BCP 47 tag, if the app chooses the language. An invalid tag is ignored.
 * @returns a BCP 47 tag. Before `ready`, when Electron has no locale yet
 * (electronjs.org/docs/latest/api/app#appgetlocale), it is that of the environment.
 */
export function appLocale(wanted: string | undefined): string {
  for (const tag of [wanted, app.isReady() ? app.getLocale() : undefined]) {
    try {
      if (tag && Intl.getCanonicalLocales(tag).length > 0) return tag
    } catch {
      // A RangeError: not a tag.
    }
  }
  return new Intl.DateTimeFormat().resolvedOptions().locale
}
