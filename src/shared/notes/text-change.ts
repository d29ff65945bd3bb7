/** A replacement of one piece of a text. */
export interface TextChange {
  readonly from: number
  readonly to: number
  readonly insert: string
}

/** Returns the smallest single replacement that turns one text into another. Undefined if they are equal. */
export function textChange(before: string, after: string): TextChange | undefined {
  if (before === after) return undefined
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before[start] === after[start]) start++
  let end = 0
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end++
  return { from: start, to: before.length - end, insert: after.slice(start, after.length - end) }
}
