/** A value that SQLite stores. */
export type Value = number | bigint | string | Uint8Array | null

/** What a query may bind besides values, by name. fast-check prints the name, and each use creates a new one. */
export type OddParameter =
  | 'undefined'
  | 'Float64Array'
  | 'DataView'
  | 'part of a Uint16Array'
  | 'Buffer'
  | RefusedParameter
export const refusedParameters = [
  'boolean',
  'Date',
  'object',
  'symbol',
  'ArrayBuffer',
  'detached memory',
  'bigint beyond 64 bits',
] as const
type RefusedParameter = (typeof refusedParameters)[number]
export type Parameter = { readonly value: Value } | { readonly odd: OddParameter }

const made: Record<OddParameter, () => unknown> = {
  undefined: () => undefined,
  Float64Array: () => new Float64Array([1.5, -0]),
  DataView: () => new DataView(new Uint8Array([1, 2, 3]).buffer, 1),
  'part of a Uint16Array': () => new Uint16Array([1, 2, 3, 4]).subarray(1, 3),
  Buffer: () => Buffer.from('a view on shared memory'),
  boolean: () => true,
  Date: () => new Date(0),
  object: () => ({ a: 1 }),
  symbol: () => Symbol('no value'),
  ArrayBuffer: () => new ArrayBuffer(2),
  'detached memory': detached,
  'bigint beyond 64 bits': () => 2n ** 63n,
}

function detached(): Uint8Array {
  const bytes = new Uint8Array([1, 2, 3])
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
  return bytes
}

export function bound(parameter: Parameter): unknown {
  return 'odd' in parameter ? made[parameter.odd]() : parameter.value
}

export const invalidParameter = 'ERR_DATADIR_INVALID_PARAMETER'

/**
 * What plain better-sqlite3 must bind for a query's parameters, according to the pool's rules.
 *
 * @returns undefined if the pool refuses one of them.
 */
export function plainParameters(parameters: readonly unknown[]): Value[] | undefined {
  const plain: Value[] = []
  for (const parameter of parameters) {
    const value = plainParameter(parameter)
    if (value === undefined) return undefined
    plain.push(value)
  }
  return plain
}

function plainParameter(parameter: unknown): Value | undefined {
  switch (typeof parameter) {
    case 'number':
    case 'string':
      return parameter
    case 'undefined':
      return null
    case 'bigint':
      return BigInt.asIntN(64, parameter) === parameter ? parameter : undefined
  }
  if (parameter === null) return null
  if (!ArrayBuffer.isView(parameter) || isDetached(parameter)) return undefined
  return Buffer.from(parameter.buffer, parameter.byteOffset, parameter.byteLength)
}

// `ArrayBuffer.prototype.detached` is not in Node 20. A view cannot be made on detached memory.
function isDetached({ buffer }: ArrayBufferView): boolean {
  try {
    new Uint8Array(buffer)
    return false
  } catch {
    return true
  }
}
