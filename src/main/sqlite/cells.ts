import type { Cell, Cells, Column } from './protocol.ts'
import { type MakeRows, rowMaker } from './row-maker.ts'

/** Up to here one array for all the cells is cheaper to send than one a column. */
const fewRows = 32

/** Lays the rows of a result out for the way to the main thread. */
export function layOut(rows: readonly (readonly Cell[])[], width: number): Cells {
  if (rows.length === 1) return rows[0] ?? []
  if (rows.length <= fewRows) return inOneArray(rows)
  const columns: Column[] = []
  for (let index = 0; index < width; index++) columns.push(columnOf(rows, index))
  return columns
}

// What is sent grows by push(). An array that V8 made for a length known beforehand may have holes, as far as V8 knows,
// and is written and read cell by cell with its index: three times slower. flat() and map() give such arrays.

function inOneArray(rows: readonly (readonly Cell[])[]): Cell[] {
  const cells: Cell[] = []
  for (const row of rows) for (const cell of row) cells.push(cell)
  return cells
}

function columnOf(rows: readonly (readonly Cell[])[], index: number): Column {
  const numbers = numbersOf(rows, index)
  if (numbers) return numbers
  const column: Cell[] = []
  for (const row of rows) column.push(row[index] ?? null)
  return column
}

/**
 * Numbers take an array that is moved to the other thread, not copied value by value. NULL travels in it as NaN, which
 * is no value of SQLite's: sqlite.org/floatingpoint.html.
 */
function numbersOf(rows: readonly (readonly Cell[])[], index: number): Float64Array | undefined {
  const numbers = new Float64Array(rows.length)
  for (let row = 0; row < rows.length; row++) {
    const cell = rows[row]?.[index] ?? null
    if (typeof cell === 'number') numbers[row] = cell
    else if (cell === null) numbers[row] = Number.NaN
    else return undefined
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
  #make: MakeRows | undefined

  constructor(names: readonly string[]) {
    this.#names = names
  }

  build(count: number, cells: Cells): Record<string, unknown>[] {
    this.#make ??= rowMaker(this.#names)
    const columns =
      count <= fewRows ? this.#columnsIn(cells as readonly Cell[]) : (cells as readonly Column[])
    return this.#make(columns.map(jsColumn), count)
  }

  #columnsIn(cells: readonly Cell[]): Cell[][] {
    const columns: Cell[][] = this.#names.map(() => [])
    let index = 0
    for (const cell of cells) columns[index++ % columns.length]?.push(cell)
    return columns
  }
}

function jsColumn(column: Column): readonly unknown[] | Float64Array {
  if (!(column instanceof Float64Array)) return column.some(isBytes) ? column.map(jsValue) : column
  return column.includes(Number.NaN) ? Array.from(column, numberOrNull) : column
}

function numberOrNull(number: number): number | null {
  return Number.isNaN(number) ? null : number
}

/** A Buffer loses its class on the way; better-sqlite3 gives Buffers, so do we. */
function jsValue(cell: Cell | undefined): unknown {
  return isBytes(cell) && !Buffer.isBuffer(cell)
    ? Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength)
    : cell
}

function isBytes(cell: Cell | undefined): cell is Uint8Array {
  return typeof cell === 'object' && cell !== null
}
