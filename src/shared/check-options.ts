import { closestName } from './closest-name.ts'
import { InvalidOptionError } from './data-dir-error.ts'

/** What one option may be. An option that is undefined counts as not given, and is not asked about. */
export interface OptionCheck {
  /** Completes "Give …": with the unit and the bounds, where it is a number. */
  readonly allowed: string
  accepts(value: unknown): boolean
}

/** A check for every option of a type; the compiler finds the one that is missing, or is none any more. */
export type OptionChecks<Options> = { readonly [Option in keyof Required<Options>]: OptionCheck }

/**
 * Checks what an app gives to a function of this package, before anything is touched. Allocates nothing unless it
 * throws.
 *
 * @param of the function's name, for the message.
 * @throws {InvalidOptionError} for an option that is not known, with the one that was likely meant, and for a value
 * that is not allowed, with what is.
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
    if (value !== undefined && !check.accepts(value)) throw notAllowed(option, of, value, check.allowed)
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

function described(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}
