/**
 * Makes text that another program wrote fit for a terminal or a log: what could move a cursor, change a title or begin a
 * line is shown as `?`.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}
