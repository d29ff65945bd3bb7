import type { OptionCheck } from './check-options.ts'

export const text: OptionCheck = {
  allowed: 'a string',
  accepts: (value) => typeof value === 'string',
}

export const trueOrFalse: OptionCheck = {
  allowed: 'true or false',
  accepts: (value) => typeof value === 'boolean',
}

export const callback: OptionCheck = {
  allowed: 'a function',
  accepts: (value) => typeof value === 'function',
}

export const plainObject: OptionCheck = {
  allowed: 'an object',
  accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}

export const abortSignal: OptionCheck = {
  allowed: 'an AbortSignal',
  // One of another realm, such as a test runner's, is no instance of this one's class.
  accepts: (value) => typeof value === 'object' && value !== null && 'aborted' in value,
}

/** A timer takes no more: nodejs.org/api/timers.html#settimeoutcallback-delay-args. */
const longestTimer = 2 ** 31 - 1

export const milliseconds: OptionCheck = {
  allowed: `a number of milliseconds from 0 to ${longestTimer}`,
  accepts: (value) => typeof value === 'number' && value >= 0 && value <= longestTimer,
}

/** A time that no timer measures. */
export const millisecondsOrInfinity: OptionCheck = {
  allowed: 'a number of milliseconds from 0 on, or Infinity',
  accepts: (value) => typeof value === 'number' && value >= 0,
}

/** @param unit what is counted, as in "a whole number of readers". */
export function wholeNumberFrom(least: number, unit: string): OptionCheck {
  return {
    allowed: `a whole number of ${unit} from ${least} on`,
    accepts: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= least,
  }
}

/** One of some words. */
export function oneOf(...words: readonly string[]): OptionCheck {
  return {
    allowed: words.map((word) => `"${word}"`).join(' or '),
    accepts: (value) => typeof value === 'string' && words.includes(value),
  }
}

/** Either of two kinds. */
export function either(one: OptionCheck, other: OptionCheck): OptionCheck {
  return {
    allowed: `${one.allowed} or ${other.allowed}`,
    accepts: (value) => one.accepts(value) || other.accepts(value),
  }
}

/** @param things the items of the list, as in "an array of levels". */
export function listOf(things: string, accepts: (value: unknown) => boolean): OptionCheck {
  return {
    allowed: `an array of ${things}`,
    accepts: (value) => Array.isArray(value) && value.every(accepts),
  }
}
