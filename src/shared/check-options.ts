import { InvalidOptionError } from './data-dir-error.ts'

/** What one option may be. An option that is undefined counts as not given, and is not checked. */
export interface OptionCheck {
  /** Completes "Give …". */
  readonly allowed: string
  accepts(value: unknown): boolean
  /** Whether no message may repeat the value. */
  readonly isSecret?: boolean
}

/** A check for every option of a type. The compiler finds a check that is missing, and one without an option. */
export type OptionChecks<Options> = { readonly [Option in keyof Required<Options>]: OptionCheck }

/**
 * Checks what an app gives to a function of this package, before anything is touched. Allocates nothing unless it
 * throws.
 *
 * @param of the function's name, for the message.
 * @throws {InvalidOptionError} for an unknown option, with the name that was likely meant, and for a value that is not
 * allowed, with what is allowed.
 */
export function checkOptions<Options extends object>(
  of: string,
  options: Options,
  checks: OptionChecks<Options>,
): void {
  if (typeof options !== 'object' || options === null)
    throw notAllowed('options', of, options, 'an object with options')
  for (const option in options) {
    const check = Object.hasOwn(checks, option) ? checks[option] : undefined
    if (check === undefined) throw notKnown(option, of, Object.keys(checks))
    const value: unknown = options[option]
    if (value !== undefined && !check.accepts(value))
      throw notAllowed(option, of, check.isSecret ? secret : value, check.allowed)
  }
}

function notKnown(option: string, of: string, known: readonly string[]): InvalidOptionError {
  const meant = closestName(option, known)
  const remedy = meant === undefined ? `Its options are ${known.join(', ')}.` : `Did you mean "${meant}"?`
  return new InvalidOptionError(option, `${of} has no option "${option}".`, remedy)
}

function notAllowed(option: string, of: string, value: unknown, allowed: string): InvalidOptionError {
  const summary = `${of} was given ${described(value)} as "${option}".`
  return new InvalidOptionError(option, summary, `Give ${allowed}.`)
}

const secret = Symbol('secret')

function described(value: unknown): string {
  if (value === secret) return 'a wrong value'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}

// So many letters may be wrong, missing or too many.
const farthest = 3

/** @returns the name that was most likely meant, if one is close. Upper and lower case count as the same. */
function closestName(given: string, names: readonly string[]): string | undefined {
  let closest: string | undefined
  // In a short name fewer letters may be wrong: any three letters differ from any other three in three.
  let least = Math.min(farthest, Math.floor(given.length / 2)) + 1
  for (const name of names) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase())
    if (distance >= least) continue
    closest = name
    least = distance
  }
  return closest
}

/** The Levenshtein distance: the fewest letters to insert, delete or exchange that turn one word into the other. */
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
