/**
 * One token of SQL (sqlite.org/lang.html): space and comments, text in quotes, a semicolon, a word, or another
 * character. A comment or a quote that is not closed reaches to the end of the text. Text with a quote inside, as in
 * `'it''s'`, is two tokens.
 */
const token =
  /(?<blank>\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|'[^']*(?:'|$)|"[^"]*(?:"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|(?<end>;)|(?<word>[\p{L}_$][\p{L}\p{N}_$]*)|[\s\S]/gu

/** The words before which a semicolon does not end the statement: sqlite.org/lang_createtrigger.html. */
const trigger = /^(?:explain (?:query plan )?)?create (?:temp |temporary )?trigger\b/

/**
 * Splits SQL text into its statements, without their semicolons and the comments around them. Texts without a statement,
 * such as a comment, are left out. A trigger has statements inside, and ends with the `end` after the last of them.
 */
export function splitStatements(text: string): string[] {
  const statements: string[] = []
  let start: number | undefined
  let end = 0
  let words: string[] = []
  /** The last two tokens that are not blank: a word, a semicolon, or undefined for anything else. */
  let last: (string | undefined)[] = []
  const finish = () => {
    if (start !== undefined) statements.push(text.slice(start, end))
    start = undefined
    words = []
    last = []
  }
  for (const { 0: matched, index, groups = {} } of text.matchAll(token)) {
    if (groups.blank !== undefined) continue
    if (groups.end !== undefined && (!trigger.test(words.join(' ')) || last.join(' ') === '; end')) {
      finish()
      continue
    }
    const word = groups.word?.toLowerCase()
    // The words that make it a trigger are the first ones.
    if (word !== undefined && words.length < 6) words.push(word)
    last = [last.at(-1), word ?? groups.end]
    start ??= index
    end = index + matched.length
  }
  finish()
  return statements
}
