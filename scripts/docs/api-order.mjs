// @ts-check
/** @typedef {import('./public-symbols.mjs').PublicSymbol} PublicSymbol */

// What an app calls and writes, in the order in which a new reader needs it. The rest follows in the order of the exports.
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
  'ClaimDataDirOptions',
  'DataDirClaim',
  'Pool',
  'ConnectOptions',
  'PoolOptions',
  'DataDirError',
  'DataDirLockedError',
]

/** @param {PublicSymbol} symbol */
export function isError({ kind, name }) {
  return kind === 'class' && name.endsWith('Error')
}

/** @param {PublicSymbol} symbol */
const isOptions = ({ kind, name }) =>
  kind === 'interface' && /Options$|^DirectoryChecks$|^QueryLimits$/.test(name)

/**
 * The symbols of an entry point in the groups of the page, and in its order. An app writes options, and the types that
 * functions and options have.
 * @param {PublicSymbol[]} symbols
 */
export function grouped(symbols) {
  const functions = symbols.filter(({ kind }) => kind === 'function')
  const options = symbols.filter(isOptions)
  const signatures = [...functions, ...options.flatMap(({ members }) => members)].map((has) => has.signature)
  const named = new Set(signatures.flatMap((signature) => signature.match(/\b[A-Z]\w+/g) ?? []))
  const errors = symbols.filter(isError)
  const rest = symbols.filter((symbol) => !functions.includes(symbol) && !errors.includes(symbol))
  const isWritten = (/** @type {PublicSymbol} */ symbol) => isOptions(symbol) || named.has(symbol.name)
  return {
    functions: sorted(functions),
    written: sorted(rest.filter(isWritten)),
    errors: sorted(errors),
    others: sorted(rest.filter((symbol) => !isWritten(symbol))),
  }
}

/** @param {PublicSymbol[]} symbols */
const sorted = (symbols) => symbols.toSorted((a, b) => placeOf(a) - placeOf(b))

/** @param {PublicSymbol} symbol */
function placeOf({ name }) {
  const place = first.indexOf(name)
  return place < 0 ? first.length : place
}
