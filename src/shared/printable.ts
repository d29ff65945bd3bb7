/**
 * Makes text that another program wrote fit for a terminal or a log: what could move a cursor, change a title or begin a
 * line is shown as `?`. The two joiners stay: Persian, Hindi and emoji need them, and they move nothing.
 */
export function printable(text: string): string {
  return text.replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

/**
 * Cleans text of another program. This is done when the text is read, so that no code that shows it can forget it. The
 * result is printable, and not longer than a line of a dialog can be.
 *
 * @param limit how many letters stay.
 */
export function foreignText(text: string, limit = 100): string {
  // No letter takes more than two units of UTF-16, and a command line may have two million.
  const letters = [...printable(text.slice(0, 2 * limit + 2))]
  return letters.length > limit ? `${letters.slice(0, limit - 1).join('')}…` : letters.join('')
}
