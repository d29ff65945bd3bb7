/** What is filled in for the names in braces. */
export type Values = Readonly<Record<string, string | number>>

// The blocks of right-to-left scripts, with those that Unicode reserves for more of them:
// unicode.org/Public/UCD/latest/ucd/extracted/DerivedBidiClass.txt
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/**
 * Fills the braces of a text.
 *
 * If any letter of it runs from right to left, what is filled in is isolated (FSI and PDI, unicode.org/reports/tr9).
 * Otherwise a path in a Hebrew sentence, or a Hebrew path in an English one, would change places with its neighbors. In
 * other texts isolation changes nothing, and is left out.
 */
export function fillIn(template: string, values: Values): string {
  const isMixed = [template, ...Object.values(values)].some((text) => rightToLeft.test(String(text)))
  return template.replace(/\{(\w+)\}/g, (braces, key: string) => {
    const value = values[key]
    if (value === undefined) return braces
    return isMixed && value !== '' ? `\u2068${value}\u2069` : String(value)
  })
}

/** Returns a text for the clipboard: without the marks that only its layout needs. */
export function withoutIsolates(text: string): string {
  return text.replaceAll(/[\u2068\u2069]/g, '')
}
