// @ts-check
import { median, quantile } from '../statistics.mjs'
import { variants } from './variants.mjs'

/**
 * Compares the two launches of each round. They follow each other, so a slow moment of the machine affects both.
 * @param {readonly number[]} ours
 * @param {readonly number[]} theirs
 */
export const ratios = (ours, theirs) => ours.map((time, round) => time / (theirs[round] ?? Number.NaN))

/** @param {readonly number[]} values */
export const figure = (values) => Number(median(values).toFixed(3))

/**
 * The median, with the quartiles.
 * @param {readonly number[]} values
 * @param {number} [digits]
 */
export function quartiles(values, digits = 0) {
  const [middle, lower, upper] = [median(values), quantile(values, 0.25), quantile(values, 0.75)].map(
    (value) => value.toFixed(digits),
  )
  return `${middle} (quartiles ${lower} and ${upper})`
}

/** @param {readonly number[]} times in milliseconds */
export const spread = (times) => `${quartiles(times)}, best ${Math.min(...times).toFixed(0)}`

/** @param {import('./first-launches.mjs').TimesOfAll} times */
export function tableOf(times) {
  const rows = [
    ['', 'first window', 'first row'],
    ...variants.map((name) => [name, spread(times[name].window), spread(times[name].row)]),
  ]
  return rows
    .map(([name = '', window = '', row = '']) => `${name.padEnd(26)}${window.padEnd(42)}${row}`)
    .join('\n')
}
