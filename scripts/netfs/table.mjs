// @ts-check
import { failuresOf } from './expectations.mjs'

/** @typedef {import('./run-row.mjs').Outcome} Outcome */
/** @typedef {import('./app.mjs').Account} Account */

const heads = [
  'share',
  'the first',
  'the second',
  "with 'refuse'",
  'lock file removed',
  'acknowledged rows',
  'expected',
]

/** @param {Outcome} outcome */
const cells = (outcome) => {
  const { row, first, second } = outcome
  return [
    row.title,
    withWarnings(first),
    withWarnings(second),
    answer(second.strict),
    removal(outcome),
    rowsAtEnd(outcome),
    failuresOf(outcome).length === 0 ? 'yes' : 'NO',
  ]
}

/** @param {Account} account */
const withWarnings = ({ plain, warnings }) => [answer(plain), ...warnings.map(({ code }) => code)].join(', ')

/** @param {import('./app.mjs').Answer} answer */
function answer({ owned, refused }) {
  if (!owned) return refused?.code ?? 'no answer'
  return refused ? `owns, but ${refused.code}` : 'owns'
}

/** @param {Outcome} outcome */
function removal({ first, second, noticedAfter, away }) {
  if (away) {
    const { wait, writesAfter } = away
    const again =
      writesAfter === undefined ? 'no row afterwards' : `a row ${seconds(writesAfter)} after it is back`
    const outage = `main thread blocked for ${first.longestGap ?? '?'} ms, ${again}`
    return `${outage}; wait --timeout 2: exit code ${wait.code} after ${wait.seconds} s (otherwise ${wait.usual} s)`
  }
  if (!first.plain.owned) return '–'
  if (second.plain.owned) return 'both own'
  const noticed =
    noticedAfter === undefined ? 'not noticed in 30 s' : `noticed after ${seconds(noticedAfter)}`
  return `${noticed}; the second: ${answer(second.steal)}`
}

/** @param {Outcome} outcome */
function rowsAtEnd({ end }) {
  if (!end) return '–'
  return `${end.missing} of ${end.of} lost; ${end.integrity === 'ok' ? 'database ok' : end.integrity}`
}

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

/**
 * For a terminal: a block for each row, with the messages in full.
 * @param {Outcome[]} outcomes
 */
export const textOf = (outcomes) =>
  outcomes
    .map((outcome) => {
      const [title, ...rest] = cells(outcome)
      const lines = rest.map((cell, index) => `  ${heads[index + 1]}: ${cell}`)
      return [title, ...lines, ...messages(outcome).map((message) => `  | ${message}`)].join('\n')
    })
    .join('\n\n')

/** @param {Outcome} outcome */
function messages({ first, second }) {
  const all = [first, second].flatMap(({ plain, strict, steal, warnings, lost, writeFailed }) => [
    ...warnings,
    ...[plain.refused, strict.refused, lost, writeFailed, steal.refused].filter((told) => told !== undefined),
  ])
  return [...new Set(all.map(({ code, message }) => `${code}: ${message}`))]
}

/**
 * For docs/several-computers.md.
 * @param {Outcome[]} outcomes
 */
export const markdownOf = (outcomes) =>
  [heads, heads.map(() => '---'), ...outcomes.map(cells)].map((line) => `| ${line.join(' | ')} |`).join('\n')
