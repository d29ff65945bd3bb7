/**
 * Makes text of another program safe for a terminal or a log: characters that could move a cursor, change a title or begin
 * a line become `?`. The two joiners stay: Persian, Hindi and emoji need them, and they move nothing.
 */
export function printable(text: string): string {
  return text.replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

/**
 * Cleans text of another program. This happens when the text is read, so that every place that shows it is safe. The result
 * is printable, and short enough for a line of a dialog.
 *
 * @param limit the most letters of the result.
 */
export function foreignText(text: string, limit = 100): string {
  // No letter takes more than two units of UTF-16, and a command line may have two million.
  const letters = [...printable(text.slice(0, 2 * limit + 2))]
  return letters.length > limit ? `${letters.slice(0, limit - 1).join('')}…` : letters.join('')
}
