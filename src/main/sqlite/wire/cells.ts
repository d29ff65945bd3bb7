import type { Cell, Cells, Column } from './protocol.ts'

/** Up to this many rows, one array for all cells is cheaper to send than one for each column. */
const fewRows = 32

/** The cells of a result, ready to be sent to the main thread, and about how many bytes they take in a message. */
interface LaidOutCells {
  readonly cells: Cells
  readonly bytes: number
}

/**
 * Arranges the rows of a result to be sent to the main thread.
 *
 * @param width the number of columns.
 */
export function layOut(rows: readonly (readonly Cell[])[], width: number): LaidOutCells {
  if (rows.length <= fewRows) return inOneArray(rows)
  const columns: Column[] = []
  let bytes = 0
  for (let index = 0; index < width; index++) {
    const numbers = numbersOf(rows, index)
    if (numbers) {
      columns.push(numbers)
      bytes += numbers.byteLength
    } else {
      const column: Cell[] = []
      for (const row of rows) {
        const cell = row[index] ?? null
        column.push(cell)
        bytes += bytesOf(cell)
      }
      columns.push(column)
    }
  }
  return { cells: columns, bytes }
}

// The arrays that are sent grow by push(). V8 treats an array that was made with its length as one that may have holes,
// and writes and reads it cell by cell with its index, which is three times slower. flat() and map() make such arrays.

function inOneArray(rows: readonly (readonly Cell[])[]): LaidOutCells {
  const cells: Cell[] = []
  let bytes = 0
  for (const row of rows) {
    for (const cell of row) {
      cells.push(cell)
      bytes += bytesOf(cell)
    }
  }
  return { cells, bytes }
}

/** About how many bytes a cell takes in a message. V8 writes a string with one or two bytes per UTF-16 unit. */
export function bytesOf(cell: Cell): number {
  if (typeof cell === 'string') return cell.length * 2 + 8
  return typeof cell === 'object' && cell !== null ? cell.byteLength + 16 : 9
}

/**
 * Puts numbers into an array that is moved to the other thread, not copied value by value. It has NULL as NaN, which
 * SQLite cannot store: sqlite.org/floatingpoint.html.
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

/** The buffers that can be moved instead of copied. */
export function movable(cells: Cells): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = []
  for (const column of cells) {
    if (column instanceof Float64Array && column.buffer instanceof ArrayBuffer) buffers.push(column.buffer)
  }
  return buffers
}

/** Restores the rows of a result from its cells. */
export class RowBuilder {
  readonly names: readonly string[]
  #make: MakeRows | undefined

  constructor(names: readonly string[]) {
    this.names = names
  }

  /**
   * The rows as objects. If two columns have the same name, an object has the value of the last one.
   *
   * @throws when the cells do not match the names: rows with wrong names would be worse than no rows.
   */
  build(count: number, cells: Cells): Record<string, unknown>[] {
    const columns = this.#columnsOf(count, cells)
    this.#make ??= rowMaker(this.names)
    return this.#make(columns, count)
  }

  /** The rows as arrays, in the order of the names. Throws like {@link build}. */
  buildArrays(count: number, cells: Cells): unknown[][] {
    const columns = this.#columnsOf(count, cells)
    const rows: unknown[][] = []
    for (let row = 0; row < count; row++) rows.push(columns.map((column) => column[row]))
    return rows
  }

  #columnsOf(count: number, cells: Cells): (readonly unknown[] | Float64Array)[] {
    const width = this.names.length
    const isInOneArray = count <= fewRows
    if (cells.length !== (isInOneArray ? count * width : width))
      throw new Error(`a result of ${count} rows has ${cells.length} cells or columns for ${width} names`)
    const columns = isInOneArray ? this.#columnsIn(cells as readonly Cell[]) : (cells as readonly Column[])
    return columns.map(jsColumn)
  }

  #columnsIn(cells: readonly Cell[]): Cell[][] {
    const columns: Cell[][] = this.names.map(() => [])
    let index = 0
    for (const cell of cells) columns[index++ % columns.length]?.push(cell)
    return columns
  }
}

/** The number of lists of names whose builder is kept: more than an app has queries. */
const keptBuilders = 1_000

/** Row builders by the column names that they use. Every answer carries its names. */
export class RowBuilders {
  readonly #builders = new Map<string, RowBuilder>()

  /** @param names a JSON array. */
  get(names: string): RowBuilder {
    let builder = this.#builders.get(names)
    if (!builder) {
      if (this.#builders.size >= keptBuilders) this.#builders.clear()
      builder = new RowBuilder(JSON.parse(names) as string[])
      this.#builders.set(names, builder)
    }
    return builder
  }
}

function jsColumn(column: Column): readonly unknown[] | Float64Array {
  if (!(column instanceof Float64Array)) return column.some(isBytes) ? column.map(jsValue) : column
  return column.includes(Number.NaN) ? Array.from(column, numberOrNull) : column
}

function numberOrNull(number: number): number | null {
  return Number.isNaN(number) ? null : number
}

/** A Buffer loses its class on the way. better-sqlite3 returns Buffers, so the pool does too. */
function jsValue(cell: Cell | undefined): unknown {
  return isBytes(cell) && !Buffer.isBuffer(cell)
    ? Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength)
    : cell
}

function isBytes(cell: Cell | undefined): cell is Uint8Array {
  return typeof cell === 'object' && cell !== null
}

/** Makes rows of columns. */
type MakeRows = (
  columns: readonly (readonly unknown[] | Float64Array)[],
  count: number,
) => Record<string, unknown>[]

/**
 * An object literal with all names is made seven times faster than an object whose names are set one by one. The names
 * are known only at run time, so `Function` makes the literal. They are in it as JSON strings, which are never run as
 * code.
 */
function rowMaker(names: readonly string[]): MakeRows {
  const columns = names.map((_, index) => `c${index}`)
  const members = names.map((name, index) => `${memberName(name)}: c${index}[row]`)
  try {
    return new Function(
      'columns',
      'count',
      `const [${columns}] = columns
      const rows = []
      for (let row = 0; row < count; row++) rows.push({ ${members} })
      return rows`,
    ) as MakeRows
  } catch (error) {
    // Node runs with --disallow-code-generation-from-strings. The slow way has the same result.
    if (error instanceof EvalError) return (from, count) => makeOneByOne(names, from, count)
    throw error
  }
}

/** `__proto__` in a literal sets the prototype, unless it is computed. */
function memberName(name: string): string {
  return name === '__proto__' ? `['__proto__']` : JSON.stringify(name)
}

function makeOneByOne(
  names: readonly string[],
  columns: Parameters<MakeRows>[0],
  count: number,
): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = []
  for (let row = 0; row < count; row++) {
    rows.push(Object.fromEntries(names.map((name, index) => [name, columns[index]?.[row]])))
  }
  return rows
}
