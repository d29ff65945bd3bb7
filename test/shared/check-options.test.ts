import { expect, test } from 'vitest'
import { checkOptions, type OptionChecks } from '../../src/shared/check-options.ts'
import { InvalidOptionError } from '../../src/shared/data-dir-error.ts'
import {
  abortSignal,
  callback,
  either,
  milliseconds,
  oneOf,
  text,
  trueOrFalse,
  wholeNumberFrom,
} from '../../src/shared/option-kinds.ts'

interface Options {
  readonly dir: string
  readonly timeout?: number
  readonly readers?: number
  readonly mode?: 'threads' | 'inline' | (() => void)
  readonly window?: boolean
  readonly signal?: AbortSignal
}

const checks: OptionChecks<Options> = {
  dir: text,
  timeout: milliseconds,
  readers: wholeNumberFrom(1, 'readers'),
  mode: either(oneOf('threads', 'inline'), callback),
  window: trueOrFalse,
  signal: abortSignal,
}

function refusalOf(options: object): InvalidOptionError | undefined {
  try {
    checkOptions('open', options as Options, checks)
    return undefined
  } catch (error) {
    if (error instanceof InvalidOptionError) return error
    throw error
  }
}

test('options that are known and allowed pass, and so do those that are undefined', () => {
  const signal = AbortSignal.timeout(1)
  const all = { dir: '/data', timeout: 0.5, readers: 2, mode: () => undefined, window: false, signal }
  expect(refusalOf(all)).toBeUndefined()
  const none = { dir: undefined, timeout: undefined, mode: undefined, window: undefined }
  expect(refusalOf(none)).toBeUndefined()
  expect(refusalOf({})).toBeUndefined()
})

test.each([
  ['timout', 'timeout'],
  ['timeOut', 'timeout'],
  ['Dir', 'dir'],
  ['reader', 'readers'],
  ['windows', 'window'],
  ['singal', 'signal'],
])('for the unknown option %s, %s is suggested', (given, meant) => {
  const error = refusalOf({ dir: '/data', [given]: 1 })
  expect(error?.option).toBe(given)
  expect(error?.summary).toBe(`open has no option "${given}".`)
  expect(error?.remedy).toBe(`Did you mean "${meant}"?`)
})

test.each(['colour', 'x', 'constructor', '__defineGetter__'])(
  'for the unknown option %s, which is near none, all are named',
  (given) => {
    expect(refusalOf({ [given]: 1 })?.remedy).toBe(
      'Its options are dir, timeout, readers, mode, window, signal.',
    )
  },
)

test.each([
  ['dir', 7, '7', 'a string'],
  ['dir', null, 'null', 'a string'],
  ['timeout', '5s', '"5s"', 'a number of milliseconds from 0 to 2147483647'],
  ['timeout', -1, '-1', 'a number of milliseconds from 0 to 2147483647'],
  ['timeout', Number.NaN, 'NaN', 'a number of milliseconds from 0 to 2147483647'],
  ['timeout', Infinity, 'Infinity', 'a number of milliseconds from 0 to 2147483647'],
  ['timeout', 2 ** 31, '2147483648', 'a number of milliseconds from 0 to 2147483647'],
  ['readers', 0, '0', 'a whole number of readers from 1 on'],
  ['readers', 1.5, '1.5', 'a whole number of readers from 1 on'],
  ['mode', 'thread', '"thread"', '"threads" or "inline" or a function'],
  ['mode', {}, 'an object', '"threads" or "inline" or a function'],
  ['window', 'yes', '"yes"', 'true or false'],
  ['window', () => true, 'a function', 'true or false'],
  ['signal', [], 'an array', 'an AbortSignal'],
])('%s: %s is refused with what was given and what is allowed', (option, value, given, allowed) => {
  const error = refusalOf({ [option]: value })
  expect(error?.option).toBe(option)
  expect(error?.summary).toBe(`open was given ${given} as "${option}".`)
  expect(error?.remedy).toBe(`Give ${allowed}.`)
})

test.each([undefined, null, '/data'])('%j in place of the options is refused', (options) => {
  expect(() => checkOptions('open', options as unknown as Options, checks)).toThrow(InvalidOptionError)
})
