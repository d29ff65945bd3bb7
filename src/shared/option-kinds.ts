import type { OptionCheck } from './check-options.ts'

export const text = kind('a string', (value) => typeof value === 'string')

export const trueOrFalse = kind('true or false', (value) => typeof value === 'boolean')

export const callback = kind('a function', (value) => typeof value === 'function')

export const plainObject = kind(
  'an object',
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)

// A signal of another realm, such as a test runner's, is no instance of this realm's class.
export const abortSignal = kind(
  'an AbortSignal',
  (value) => typeof value === 'object' && value !== null && 'aborted' in value,
)

/** The longest time of a timer, in milliseconds (nodejs.org/api/timers.html#settimeoutcallback-delay-args). */
export const longestTimer = 2 ** 31 - 1

export const milliseconds = kind(
  `a number of milliseconds from 0 to ${longestTimer}`,
  (value) => typeof value === 'number' && value >= 0 && value <= longestTimer,
)

/** A time that no timer measures. */
export const millisecondsOrInfinity = kind(
  'a number of milliseconds from 0 on, or Infinity',
  (value) => typeof value === 'number' && value >= 0,
)

/** @param allowed completes "Give …": with the unit and the bounds of a number. */
export function kind(allowed: string, accepts: (value: unknown) => boolean): OptionCheck {
  return { allowed, accepts }
}

/** @param unit what is counted, as in "a whole number of readers". */
export function wholeNumberFrom(least: number, unit: string): OptionCheck {
  return kind(
    `a whole number of ${unit} from ${least} on`,
    (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= least,
  )
}

/** One of some words. */
export function oneOf(...words: readonly unknown[]): OptionCheck {
  return kind(words.map((word) => JSON.stringify(word)).join(' or '), (value) => words.includes(value))
}

/** Either of two kinds. */
export function either(one: OptionCheck, other: OptionCheck): OptionCheck {
  return kind(`${one.allowed} or ${other.allowed}`, (value) => one.accepts(value) || other.accepts(value))
}

/** @param things the items of the list, as in "an array of levels". */
export function listOf(things: string, accepts: (value: unknown) => boolean): OptionCheck {
  return kind(`an array of ${things}`, (value) => Array.isArray(value) && value.every(accepts))
}
