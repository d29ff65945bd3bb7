// @ts-check
import { say } from '../../scripts/say.mjs'
import { median } from '../statistics.mjs'

/**
 * @typedef {import('./suite.mjs').Sample} Sample
 * @typedef {import('./suite.mjs').Variant} Variant
 */

/** @type {Record<Variant, string>} */
const names = { plain: 'plain', 'sqlite-dialect bundled': 'sqlite-dialect', bundled: 'ours' }

/** @type {readonly (readonly [string, (sample: Sample) => number])[]} */
const rows = [
  ['private memory in MB, first row', (sample) => sample.memoryFirstRow],
  ['… idle for a minute', (sample) => sample.memoryIdle],
  ['… after 64 reads at once', (sample) => sample.memoryBurst],
  ['… idle for another minute', (sample) => sample.memoryIdleAgain],
  ['wake-ups in 30 s', (sample) => sample.idle.wakeups],
  ['… after the reads', (sample) => sample.idleAgain.wakeups],
  ['processor time in 30 s, ms', (sample) => sample.idle.processor],
  ['… after the reads', (sample) => sample.idleAgain.processor],
  ['threads', (sample) => sample.idle.threads],
  ['… after the reads', (sample) => sample.idleAgain.threads],
]

/**
 * Prints the medians of the starts.
 * @param {readonly Variant[]} variants
 * @param {readonly Sample[]} samples
 */
export function report(variants, samples) {
  /** @param {Variant} variant */
  const samplesOf = (variant) => samples.filter((sample) => sample.variant === variant)
  /**
   * @param {Variant} variant
   * @param {(sample: Sample) => number} figure
   */
  const medianOf = (variant, figure) => median(samplesOf(variant).map(figure))
  /** @param {readonly string[]} cells */
  const line = ([title = '', ...cells]) =>
    say(title.padEnd(36) + cells.map((cell) => cell.padStart(16)).join(''))

  line(['main process of an idle app', ...variants.map((variant) => names[variant])])
  for (const [title, figure] of rows)
    line([title, ...variants.map((variant) => medianOf(variant, figure).toFixed(1))])
  for (const variant of variants)
    say(`wake-ups by thread, ${names[variant]}: ${byThread(samplesOf(variant))}`)

  /** @param {(sample: Sample) => number} memory */
  const more = (memory) => medianOf('bundled', memory) - medianOf('sqlite-dialect bundled', memory)
  /** @param {Variant} variant */
  const wakeups = (variant) =>
    Math.max(
      medianOf(variant, ({ idle }) => idle.wakeups),
      medianOf(variant, ({ idleAgain }) => idleAgain.wakeups),
    )
  // The worse of the two minutes.
  const memoryMore = Math.max(
    more(({ memoryIdle }) => memoryIdle),
    more(({ memoryIdleAgain }) => memoryIdleAgain),
  )
  return {
    memoryMoreThanSqliteDialectMb: Number(memoryMore.toFixed(1)),
    wakeupsPer30s: Object.fromEntries(variants.map((variant) => [names[variant], wakeups(variant)])),
  }
}

/** @param {readonly Sample[]} samples */
function byThread(samples) {
  const wakeups = samples.map(({ idle }) => idle.wakeupsByThread)
  return [...new Set(wakeups.flatMap((one) => Object.keys(one)))]
    .map((name) => ({ name, count: median(wakeups.map((one) => one[name] ?? 0)) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ name, count }) => `${name}: ${count}`)
    .join(', ')
}
