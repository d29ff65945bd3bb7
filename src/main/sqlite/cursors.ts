import type { Cell, IntegerPolicy, Parameters } from './protocol.ts'
import { withNumbers } from './query-rows.ts'
import type { CachedStatement } from './statement-cache.ts'
import type { ThreadControl } from './thread-control.ts'

type Row = readonly Cell[]

interface Cursor {
  readonly statement: CachedStatement
  readonly rows: Iterator<Row>
  readonly slot: number
  readonly chunkSize: number
}

export interface Chunk {
  readonly statement: CachedStatement
  readonly rows: readonly Row[]
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

  /** @returns undefined when the cursor is aborted, or was closed. */
  read(id: number, integers: IntegerPolicy): Chunk | undefined {
    const cursor = this.#cursors.get(id)
    if (!cursor) return undefined
    const rows: Row[] = []
    try {
      while (rows.length < cursor.chunkSize) {
        if (this.#control.isAborted(cursor.slot)) {
          this.close(id)
          return undefined
        }
        const { done, value } = cursor.rows.next()
        if (done) {
          this.#cursors.delete(id)
          return { statement: cursor.statement, rows, isLast: true }
        }
        rows.push(integers === 'bigint' ? value : withNumbers(value, cursor.statement.names))
      }
      return { statement: cursor.statement, rows, isLast: false }
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
