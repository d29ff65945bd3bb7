const units = ['kB', 'MB', 'GB', 'TB'] as const

/**
 * A number of bytes for people to read, in decimal units as file managers use them: `3.2 GB`.
 *
 * @param locale a BCP 47 tag. Default English.
 */
export function byteSize(bytes: number, locale = 'en'): string {
  const { value, unit } = inUnit(bytes, unitOf(bytes))
  return `${inWords(value, locale)} ${unit}`
}

/** How much of a number of bytes is done, both in one unit: `1.2 of 3.2 GB`. */
export function byteProgress(done: number, total: number, locale: string, of: string): string {
  const unit = unitOf(total)
  return `${inWords(inUnit(done, unit).value, locale)} ${of} ${inWords(inUnit(total, unit).value, locale)} ${units[unit]}`
}

function unitOf(bytes: number): number {
  return Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3) - 1))
}

function inUnit(bytes: number, unit: number): { value: number; unit: string | undefined } {
  return { value: bytes / 1000 ** (unit + 1), unit: units[unit] }
}

/** One digit after the point, so that the number does not change its width all the time. */
function inWords(value: number, locale: string): string {
  return value.toLocaleString(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
}
