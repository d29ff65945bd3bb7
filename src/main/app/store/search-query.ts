import type { TextPiece } from '../../../shared/notes/notes.ts'
import { endsInCjk, GAP_MARK, hasCjk, withGaps } from './cjk.ts'

/** The index puts these around a match. They are control characters that no text needs. */
export const MATCH_START = '\u0002'
export const MATCH_END = '\u0003'

const MARKS = new RegExp(`([${MATCH_START}${MATCH_END}])`)

/** A full-text index, and the FTS5 query for it. */
export interface Search {
  readonly index: 'notes_cjk' | 'notes_fts'
  readonly expression: string
}

/**
 * Makes an FTS5 query of the user's input. A note matches if it has words that begin with each word of the input. Chinese,
 * Japanese and Korean is found anywhere in a text. Each word is quoted, so no input is a syntax error. Undefined if the
 * input has no letter and no digit.
 */
export function searchOf(input: string): Search | undefined {
  const words = input.split(/[\s\0]+/).filter((word) => /[\p{L}\p{N}]/u.test(word))
  if (words.length === 0) return undefined
  return {
    index: hasCjk(input) ? 'notes_cjk' : 'notes_fts',
    expression: words.map(phraseOf).join(' '),
  }
}

function phraseOf(word: string): string {
  return `"${withGaps(word).replaceAll('"', '""')}"${endsInCjk(word) ? '' : '*'}`
}

/** Splits text with match marks into pieces, with white space folded as a list row shows it. */
export function piecesOf(marked: string): TextPiece[] {
  const pieces: TextPiece[] = []
  let match = false
  for (const part of marked.replaceAll(GAP_MARK, '').replaceAll(/\s+/g, ' ').split(MARKS)) {
    if (part === MATCH_START) match = true
    else if (part === MATCH_END) match = false
    else if (part !== '') pieces.push({ text: part, match })
  }
  return pieces
}
