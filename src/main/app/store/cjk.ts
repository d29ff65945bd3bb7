const CHARACTER = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]`
const WORD = String.raw`[\p{L}\p{N}]`
const ANY = new RegExp(CHARACTER, 'u')
const LAST = new RegExp(`${CHARACTER}$`, 'u')
const GAP = new RegExp(`(?<=${CHARACTER})(?=${WORD})|(?<=${WORD})(?=${CHARACTER})`, 'gu')

/** Between two characters in the index. It is a control character that no text needs. */
export const GAP_MARK = '\u0001'

/** True if the text has a Chinese, Japanese or Korean character. */
export function hasCjk(text: string): boolean {
  return ANY.test(text)
}

/** True if the last character is a Chinese, Japanese or Korean one. */
export function endsInCjk(text: string): boolean {
  return LAST.test(text)
}

/** Makes a word of each Chinese, Japanese and Korean character. A word of the user is then a phrase of such words. */
export function withGaps(text: string): string {
  return text.replaceAll(GAP, GAP_MARK)
}
