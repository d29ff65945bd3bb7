// @ts-check

/** @typedef {import('./run-row.mjs').Outcome} Outcome */
/** @typedef {import('./app.mjs').Account} Account */

const unsupported = 'ERR_DATADIR_LOCK_UNSUPPORTED'
const locked = 'ERR_DATADIR_LOCKED'
const noticeLimit = 10_000

/**
 * What happened otherwise than it should.
 * @param {Outcome} outcome
 * @returns {string[]}
 */
export function failuresOf(outcome) {
  const { row } = outcome
  const failures = checks[row.expected](outcome)
  return row.unreachable ? [...failures, ...awayFailures(outcome)] : failures
}

/** @type {Record<import('./rows.mjs').Row['expected'], (outcome: Outcome) => string[]>} */
const checks = {
  refused: ({ first, second }) => [
    ...isToldOnly(first, 'the first host'),
    ...isToldOnly(second, 'the second host'),
  ],
  warned: ({ first, second }) => [
    ...hasWarning(first, /^DATADIR_(NETWORK|FUSE)_FILESYSTEM$/),
    ...when(second.strict.refused?.code !== unsupported, `'refuse' gave ${toldOf(second.strict)}`),
  ],
  exported: ({ row, first, second }) => {
    const server = row.bOwns ? first : second
    return [
      ...when(!first.plain.owned, `the first host got ${toldOf(first.plain)}`),
      ...hasWarning(server, /^DATADIR_NFS_EXPORTED$/),
    ]
  },
  'one-owner': ({ row, first, second, noticedAfter }) => [
    ...when(!first.plain.owned, `the first host got ${toldOf(first.plain)}`),
    ...when(second.plain.refused?.code !== locked, `the second host got ${toldOf(second.plain)}`),
    ...when(
      !row.unreachable && !(noticedAfter !== undefined && noticedAfter <= noticeLimit),
      `the removed lock file was noticed after ${noticedAfter ?? 'more than 30 000'} ms`,
    ),
  ],
  'never-two': ({ first, second }) => [
    ...when(first.plain.owned && second.plain.owned, 'two owners'),
    ...[first, second].flatMap((account) =>
      when(
        /Permission denied/.test(account.plain.refused?.message ?? ''),
        `told only: ${account.plain.refused?.message}`,
      ),
    ),
  ],
}

/** @param {Outcome} outcome */
function awayFailures({ first, away }) {
  if (!away) return ['the first host did not own']
  const { wait, writesAfter } = away
  return [
    ...hasWarning(first, /^DATADIR_NOT_CHECKED$/),
    ...when((first.longestGap ?? Infinity) > 5_000, `the main thread was blocked for ${first.longestGap} ms`),
    ...when(!!first.lost, `the lock was lost: ${first.lost?.message}`),
    ...when(writesAfter === undefined, 'no row was written after the server was back'),
    ...when(
      ![69, 75].includes(wait.code) || wait.seconds > 2 * wait.usual + 10,
      `wait: exit code ${wait.code}, ${wait.seconds} s`,
    ),
  ]
}

/**
 * @param {Account} account
 * @param {string} who
 */
const isToldOnly = (account, who) =>
  when(account.plain.refused?.code !== unsupported, `${who} got ${toldOf(account.plain)}`)

/**
 * @param {Account} account
 * @param {RegExp} code
 */
const hasWarning = (account, code) =>
  when(!account.warnings.some((warning) => code.test(warning.code)), `no warning ${code.source}`)

/** @param {import('./app.mjs').Answer} answer */
const toldOf = ({ owned, refused }) => (owned ? 'the lock' : (refused?.code ?? 'no answer'))

/**
 * @param {boolean} isWrong
 * @param {string} text
 */
const when = (isWrong, text) => (isWrong ? [text] : [])
