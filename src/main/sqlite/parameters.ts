import { bytesOf } from './cells.ts'
import { type Cell, largestValueBytes, type Parameters } from './protocol.ts'
import { InvalidParameterError } from './query-errors.ts'

/** What a query binds, ready to be sent, and about how many bytes it takes in a message. */
export interface CheckedParameters {
  readonly values: Parameters
  readonly bytes: number
}

/**
 * Checks what a query binds, before it travels: an error in another thread would name neither the caller nor the
 * parameter, and one value that cannot be sent would keep the other queries of its message from being sent.
 *
 * It takes what better-sqlite3 takes: `undefined` is NULL, and the bytes of any view on an ArrayBuffer are a BLOB.
 *
 * @throws {InvalidParameterError} for anything SQLite has no type for (a boolean, a Date, an object), for a buffer
 * that was transferred to another thread, and for more bytes than one message can carry.
 */
export function checkParameters(sql: string, parameters: readonly unknown[]): CheckedParameters {
  let copy: Cell[] | undefined
  let bytes = 0
  for (let index = 0; index < parameters.length; index++) {
    const value = parameters[index]
    const cell = cellOf(sql, index, value)
    bytes += bytesOf(cell)
    if (cell !== value) {
      copy ??= [...(parameters as Cell[])]
      copy[index] = cell
    }
    if (bytes > largestValueBytes)
      throw new InvalidParameterError(sql, index, `the values have more than ${largestValueBytes} bytes`)
  }
  return { values: copy ?? (parameters as Parameters), bytes }
}

function cellOf(sql: string, index: number, value: unknown): Cell {
  if (typeof value === 'number' || typeof value === 'string' || value === null) return value
  if (value === undefined) return null
  if (typeof value === 'bigint') {
    if (BigInt.asIntN(64, value) === value) return value
    throw new InvalidParameterError(sql, index, 'it is a bigint beyond 64 bits')
  }
  if (ArrayBuffer.isView(value)) return bytesIn(sql, index, value)
  throw new InvalidParameterError(sql, index, `SQLite has no type for ${kindOf(value)}`)
}

/** A view on part of a buffer is copied: structured clone would send all of the buffer. Shared memory may change. */
function bytesIn(sql: string, index: number, view: ArrayBufferView): Uint8Array {
  if (isDetached(view)) throw new InvalidParameterError(sql, index, 'its buffer was transferred')
  const { buffer, byteOffset, byteLength } = view
  const bytes = view instanceof Uint8Array ? view : new Uint8Array(buffer, byteOffset, byteLength)
  const isWhole = byteLength === buffer.byteLength && buffer instanceof ArrayBuffer
  return isWhole ? bytes : new Uint8Array(bytes)
}

/** A view on a buffer that was transferred looks empty. */
export function isDetached(view: ArrayBufferView): boolean {
  if (view.byteLength > 0) return false
  try {
    new Uint8Array(view.buffer)
    return false
  } catch {
    return true
  }
}

function kindOf(value: unknown): string {
  if (typeof value !== 'object') return `a ${typeof value}`
  return `a value of type ${value?.constructor?.name ?? 'object'}`
}
