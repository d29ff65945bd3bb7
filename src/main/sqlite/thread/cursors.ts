import { bytesOf } from '../wire/cells.ts'
import { type Cell, type IntegerPolicy, messageBytes, type Parameters } from '../wire/protocol.ts'
import type { ThreadControl } from '../wire/thread-control.ts'
import { type NamedRows, withNumbers } from './query-rows.ts'
import { type CachedStatement, namesAfterStep } from './statements.ts'

type Row = readonly Cell[]

interface Cursor {
  readonly statement: CachedStatement
  readonly rows: Iterator<Row>
  readonly slot: number
  readonly chunkSize: number
}

export interface Chunk extends NamedRows {
  readonly isLast: boolean
}

/** The open cursors of one connection. */
export class Cursors {
  readonly #control: ThreadControl
  readonly #cursors = new Map<number, Cursor>()

  constructor(control: ThreadControl) {
    this.#control = control
  }

  get isAnyOpen(): boolean {
    return this.#cursors.size > 0
  }

  open(
    id: number,
    statement: CachedStatement,
    parameters: Parameters,
    slot: number,
    chunkSize: number,
  ): void {
    // Rows that have gone cannot be looked at again, so integers come exact and are made numbers one by one.
    statement.statement.safeIntegers(true)
    const rows = statement.statement.iterate(parameters) as IterableIterator<Row>
    this.#cursors.set(id, { statement, rows, slot, chunkSize })
  }

  /**
   * The next rows: one chunk of the cursor, or as many rows as fit in one message.
   *
   * @returns undefined when the cursor was aborted or closed.
   */
  read(id: number, integers: IntegerPolicy): Chunk | undefined {
    const cursor = this.#cursors.get(id)
    if (!cursor) return undefined
    const { statement, chunkSize } = cursor
    const rows: Row[] = []
    let bytes = 0
    let isLast = false
    try {
      while (!isLast && rows.length < chunkSize && bytes < messageBytes) {
        if (this.#control.isAborted(cursor.slot)) {
          this.close(id)
          return undefined
        }
        const { done, value } = cursor.rows.next()
        if (done) {
          this.#cursors.delete(id)
          isLast = true
        } else {
          const row = integers === 'bigint' ? value : withNumbers(value, statement)
          for (const cell of row) bytes += bytesOf(cell)
          rows.push(row)
        }
      }
      return { rows, names: rows.length > 0 ? namesAfterStep(statement) : [], isLast }
    } catch (error) {
      this.close(id)
      throw error
    }
  }

  close(id: number): void {
    const cursor = this.#cursors.get(id)
    this.#cursors.delete(id)
    cursor?.rows.return?.()
  }

  closeAll(): void {
    for (const id of [...this.#cursors.keys()]) this.close(id)
  }
}
