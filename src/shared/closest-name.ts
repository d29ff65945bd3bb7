/** How many letters of a name may be wrong, missing or too many for it to be the one that was meant. */
const farthest = 3

/** @returns the name that was most likely meant, if any is near: letters in upper and lower case are the same. */
export function closestName(given: string, names: readonly string[]): string | undefined {
  let closest: string | undefined
  // Of a short name less may be wrong: any three letters are three away from any other.
  let least = Math.min(farthest, Math.floor(given.length / 2)) + 1
  for (const name of names) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase())
    if (distance >= least) continue
    closest = name
    least = distance
  }
  return closest
}

/** Levenshtein's: the fewest letters to insert, delete or exchange that make one word of the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (let column = 1; column <= to.length; column++) {
      const exchanged = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1)
      next.push(Math.min(exchanged, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
