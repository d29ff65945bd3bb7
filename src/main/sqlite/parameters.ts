import type { Cell, Parameters } from './protocol.ts'
import { InvalidParameterError } from './query-errors.ts'

/**
 * Checks what a query binds, before it travels: an error in another thread would name neither the caller nor the
 * parameter.
 *
 * @throws {InvalidParameterError} for anything SQLite has no type for: undefined, a boolean, a Date, an object.
 */
export function checkParameters(sql: string, parameters: readonly unknown[]): Parameters {
  for (let index = 0; index < parameters.length; index++) {
    const value = parameters[index]
    if (typeof value === 'number' || typeof value === 'string' || value === null) continue
    if (typeof value === 'bigint') checkRange(sql, index, value)
    else if (!(value instanceof Uint8Array)) throw new InvalidParameterError(sql, index, kindOf(value))
    else if (value.byteLength < value.buffer.byteLength) return withOwnMemory(sql, parameters)
  }
  return parameters as Parameters
}

/** A small Buffer is a view on memory it shares with others; structured clone would copy all of that. */
function withOwnMemory(sql: string, parameters: readonly unknown[]): Parameters {
  const copies = parameters.map((value) => (value instanceof Uint8Array ? new Uint8Array(value) : value))
  return checkParameters(sql, copies) as Cell[]
}

function checkRange(sql: string, index: number, value: bigint): void {
  if (BigInt.asIntN(64, value) !== value) throw new InvalidParameterError(sql, index, 'bigint beyond 64 bits')
}

function kindOf(value: unknown): string {
  if (typeof value !== 'object') return typeof value
  return value?.constructor?.name ?? 'object'
}
