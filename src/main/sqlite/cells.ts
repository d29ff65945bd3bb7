import type { Cell, Cells, Column } from './protocol.ts'

/** Up to here one array for all the cells is cheaper to send than one a column. */
const fewRows = 32

/** Lays the rows of a result out for the way to the main thread. */
export function layOut(rows: readonly (readonly Cell[])[], width: number): Cells {
  if (rows.length <= fewRows) return rows.length === 1 ? (rows[0] ?? []) : rows.flat()
  const columns: Column[] = []
  for (let index = 0; index < width; index++) columns.push(columnOf(rows, index))
  return columns
}

/** Numbers take an array that is moved to the other thread, not copied value by value. */
function columnOf(rows: readonly (readonly Cell[])[], index: number): Column {
  const numbers = new Float64Array(rows.length)
  for (let row = 0; row < rows.length; row++) {
    const cell = rows[row]?.[index]
    if (typeof cell !== 'number') return rows.map((cells) => cells[index] ?? null)
    numbers[row] = cell
  }
  return numbers
}

/** What can be moved instead of copied. */
export function movable(cells: Cells): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = []
  for (const column of cells) {
    if (column instanceof Float64Array && column.buffer instanceof ArrayBuffer) buffers.push(column.buffer)
  }
  return buffers
}

/** Makes objects of a result's cells again. */
export class RowBuilder {
  readonly #names: readonly string[]

  constructor(names: readonly string[]) {
    this.#names = names
  }

  build(count: number, cells: Cells): Record<string, unknown>[] {
    return count <= fewRows
      ? this.#fromFlat(count, cells as readonly Cell[])
      : this.#fromColumns(count, cells as readonly Column[])
  }

  #fromFlat(count: number, cells: readonly Cell[]): Record<string, unknown>[] {
    const names = this.#names
    const width = names.length
    const rows: Record<string, unknown>[] = []
    let cell = 0
    for (let row = 0; row < count; row++) {
      const object: Record<string, unknown> = {}
      for (let index = 0; index < width; index++) object[names[index] as string] = jsValue(cells[cell++])
      rows.push(object)
    }
    return rows
  }

  #fromColumns(count: number, columns: readonly Column[]): Record<string, unknown>[] {
    const names = this.#names
    const rows: Record<string, unknown>[] = []
    for (let row = 0; row < count; row++) {
      const object: Record<string, unknown> = {}
      for (let index = 0; index < names.length; index++) {
        object[names[index] as string] = jsValue((columns[index] as Column)[row])
      }
      rows.push(object)
    }
    return rows
  }
}

/** A Buffer loses its class on the way; better-sqlite3 gives Buffers, so do we. */
function jsValue(cell: Cell | undefined): unknown {
  return typeof cell === 'object' && cell !== null && !Buffer.isBuffer(cell)
    ? Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength)
    : cell
}
