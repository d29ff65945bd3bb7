// @ts-check
/** @typedef {import('./public-symbols.mjs').PublicSymbol} PublicSymbol */

// What an app calls, in the order in which somebody new to it would. The rest follows as the entry point has it.
const first = [
  'claimDataDir',
  'launchOf',
  'relaunch',
  'serveOperations',
  'connect',
  'release',
  'restoreNewestBackup',
  'acquireDataDirLock',
  'withDataDirLock',
  'waitForRelease',
  'readOwner',
  'claim',
  'DataDirClaim',
  'ClaimDataDirOptions',
  'Pool',
  'PoolOptions',
  'DataDirError',
  'DataDirLockedError',
]

/** @type {[heading: string, has: (symbol: PublicSymbol) => boolean][]} */
const groups = [
  ['Functions', ({ kind }) => kind === 'function'],
  [
    'Options',
    ({ kind, name }) => kind === 'interface' && /Options$|^DirectoryChecks$|^QueryLimits$/.test(name),
  ],
  ['Errors', (symbol) => isError(symbol)],
  ['Other types', () => true],
]

/** @param {PublicSymbol} symbol */
export function isError({ kind, name }) {
  return kind === 'class' && name.endsWith('Error')
}

/**
 * Symbols in groups, and in the order of the page; groups without any are left out.
 * @param {PublicSymbol[]} symbols
 * @returns {[heading: string, symbols: PublicSymbol[]][]}
 */
export function sorted(symbols) {
  const groupOf = (/** @type {PublicSymbol} */ symbol) => groups.find(([, has]) => has(symbol))?.[0]
  return groups.flatMap(([heading]) => {
    const group = symbols.filter((symbol) => groupOf(symbol) === heading)
    group.sort((a, b) => placeOf(a) - placeOf(b))
    return group.length > 0 ? [/** @type {[string, PublicSymbol[]]} */ ([heading, group])] : []
  })
}

/** @param {PublicSymbol} symbol */
function placeOf({ name }) {
  const place = first.indexOf(name)
  return place < 0 ? first.length : place
}
