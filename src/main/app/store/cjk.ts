const CHARACTER = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]`
const ANY = new RegExp(CHARACTER, 'u')
const LAST = new RegExp(`${CHARACTER}$`, 'u')
const WORD = /[\p{L}\p{N}]/u

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
  // One regular expression for all gaps would block the windows for seconds, because a note can have millions of them.
  const marked = new Uint16Array(2 * text.length)
  let length = 0
  let before = 0
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    const point = unit < 0xd800 || unit > 0xdbff ? unit : (text.codePointAt(index) ?? unit)
    const kind = kindOf(point)
    if ((before & CJK && kind & IN_WORD) || (before & IN_WORD && kind & CJK)) {
      marked[length++] = GAP_MARK.charCodeAt(0)
    }
    marked[length++] = unit
    if (point > 0xffff) marked[length++] = text.charCodeAt(++index)
    before = kind
  }
  return Buffer.from(marked.buffer, 0, 2 * length).toString('utf16le')
}

const CJK = 1
const IN_WORD = 2
const KNOWN = 4
/** The kinds of the characters seen so far, because a regular expression for each character would be slow. */
const kinds = new Uint8Array(0x110000)

function kindOf(point: number): number {
  const known = kinds[point]
  if (known) return known
  const character = String.fromCodePoint(point)
  const kind = KNOWN | (hasCjk(character) ? CJK : 0) | (WORD.test(character) ? IN_WORD : 0)
  kinds[point] = kind
  return kind
}
