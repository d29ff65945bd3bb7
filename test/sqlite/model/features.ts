/**
 * What lists of steps may contain. Each feature can be switched off: `PROPERTY_WITHOUT="streams,limits"` omits those,
 * and `PROPERTY_ONLY="batches"` omits all others. Failures in one part then do not hide the other parts.
 */
export const features = [
  'batches',
  'ticks',
  'transactions',
  'savepoints',
  'snapshots',
  'streams',
  'connections',
  'schema changes',
  /** A comment or a semicolon before a statement. */
  'disguises',
  /** A write that begins like a read: `with … insert`. */
  'with-writes',
  /** Writes that return rows. */
  'returning',
  /** Writes and schema changes by a connection outside the pool. */
  'outside',
  /** Signals and timeouts. */
  'limits',
  /** `inflightQueryAbortStrategy: 'ignore query'`. */
  'ignored queries',
  'integer range',
  /** A write with `returning` in a transaction or batch that returns an integer beyond 2^53. */
  'integer range inside',
  /** `undefined`, and views on memory other than Uint8Array. */
  'odd parameters',
  /** Booleans, dates, objects, detached memory. */
  'refused parameters',
  /** Chunk sizes that are not a whole number, 1 or greater. */
  'refused chunk sizes',
  /** Statements that the pool refuses outside `connection()` and transactions, and those it always refuses. */
  'refused statements',
  /** Pragmas and temporary tables inside `connection()` and transactions. Both are undone afterwards. */
  'connection settings',
] as const

export type Feature = (typeof features)[number]

const without = listOf(process.env.PROPERTY_WITHOUT)
const only = listOf(process.env.PROPERTY_ONLY)

export function isOn(feature: Feature): boolean {
  return !without.includes(feature) && (only.length === 0 || only.includes(feature))
}

function listOf(text: string | undefined): readonly Feature[] {
  const wanted = (text ?? '').split(',').map((name) => name.trim())
  const unknown = wanted.find((name) => name !== '' && !features.some((feature) => feature === name))
  if (unknown !== undefined)
    throw new Error(`no such feature: ${unknown} (there are: ${features.join(', ')})`)
  return features.filter((feature) => wanted.includes(feature))
}
