import { app } from 'electron'

/**
 * The language an app speaks to its user.
 *
 * @param wanted a BCP 47 tag, where the app chooses; one that makes no sense is passed over.
 * @returns before `ready`, when Electron does not know yet (electronjs.org/docs/latest/api/app#appgetlocale), that of
 * the environment.
 */
export function appLocale(wanted: string | undefined): string {
  const known = [wanted, app.isReady() ? app.getLocale() : undefined].find((tag) => tag && isLocale(tag))
  return known ?? new Intl.DateTimeFormat().resolvedOptions().locale
}

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0
  } catch {
    // A RangeError: not a tag.
    return false
  }
}
