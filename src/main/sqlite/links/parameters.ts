import { InvalidParameterError } from '../errors/query-errors.ts'
import { bytesOf } from '../wire/cells.ts'
import { type Cell, largestValueBytes, type Parameters } from '../wire/protocol.ts'

/**
 * Checks the parameters of one request before it is sent. An error in another thread would name neither the caller nor
 * the parameter. One value that cannot be sent would prevent the other queries of its message from being sent.
 *
 * It accepts what better-sqlite3 accepts: `undefined` is NULL, and the bytes of any view on an ArrayBuffer are a BLOB.
 */
export class ParameterCheck {
  readonly #largestText: number
  #textBytes = 0
  /** About how many bytes the values take in a message. */
  bytes = 0

  /** @param largestText how many bytes all strings together may have, at two bytes per UTF-16 unit. */
  constructor(largestText: number) {
    this.#largestText = largestText
  }

  /**
   * @returns the values, ready to be sent.
   * @throws {InvalidParameterError} for a value that SQLite has no type for (a boolean, a Date, an object), for a
   * buffer that was transferred to another thread, and for more bytes than one request can carry.
   */
  check(sql: string, parameters: readonly unknown[]): Parameters {
    let copy: Cell[] | undefined
    for (let index = 0; index < parameters.length; index++) {
      const value = parameters[index]
      const cell = cellOf(sql, index, value)
      const bytes = bytesOf(cell)
      this.bytes += bytes
      if (typeof cell === 'string') this.#textBytes += bytes
      if (this.bytes > largestValueBytes) throw tooLarge(sql, index, 'values', largestValueBytes)
      if (this.#textBytes > this.#largestText) throw tooLarge(sql, index, 'texts', this.#largestText)
      if (cell !== value) {
        copy ??= [...(parameters as Cell[])]
        copy[index] = cell
      }
    }
    return copy ?? (parameters as Parameters)
  }
}

function tooLarge(sql: string, index: number, what: string, bytes: number): InvalidParameterError {
  return new InvalidParameterError(sql, index, `the ${what} of its request have more than ${bytes} bytes`)
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

/**
 * Copies a view on part of a buffer: structured clone would send the whole buffer. Also copies shared memory: it may
 * change.
 */
function bytesIn(sql: string, index: number, view: ArrayBufferView): Uint8Array {
  if (isDetached(view)) throw new InvalidParameterError(sql, index, 'its buffer was transferred')
  const { buffer, byteOffset, byteLength } = view
  const bytes = view instanceof Uint8Array ? view : new Uint8Array(buffer, byteOffset, byteLength)
  const isWhole = byteLength === buffer.byteLength && buffer instanceof ArrayBuffer
  return isWhole ? bytes : new Uint8Array(bytes)
}

/** A view on a buffer that was transferred looks empty, and a DataView on one throws. */
export function isDetached(view: ArrayBufferView): boolean {
  try {
    if (view.byteLength > 0) return false
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
