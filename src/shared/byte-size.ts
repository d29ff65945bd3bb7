const units = ['kB', 'MB', 'GB', 'TB'] as const

/**
 * Returns a number of bytes in words, in decimal units like those of file managers: `3.2 GB`.
 *
 * @param locale a BCP 47 tag. Default English.
 */
export function byteSize(bytes: number, locale: string | undefined = 'en'): string {
  const unit = unitOf(bytes)
  return `${inUnit(bytes, unit, locale)} ${units[unit]}`
}

/** Returns a part of a number of bytes and that number, both in the unit of the number: `1.2` and `3.2 GB`. */
export function byteProgress(
  done: number,
  total: number,
  locale: string | undefined,
): { done: string; total: string } {
  const unit = unitOf(total)
  return { done: inUnit(done, unit, locale), total: `${inUnit(total, unit, locale)} ${units[unit]}` }
}

function unitOf(bytes: number): number {
  return Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3) - 1))
}

/** One digit after the point, so that a number that counts up keeps its width. */
function inUnit(bytes: number, unit: number, locale: string | undefined): string {
  return (bytes / 1000 ** (unit + 1)).toLocaleString(locale, {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  })
}
