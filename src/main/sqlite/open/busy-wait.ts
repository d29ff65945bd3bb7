import { isSqliteError } from '../../runtime/better-sqlite3.ts'

/** How long opening a database waits for another program that keeps it locked, in milliseconds. */
export const openingPatience = 2_000

/** How long a statement waits for such a program after opening, in milliseconds. */
export const usualPatience = 30_000

/**
 * How long SQLite waits without a pause, in milliseconds. SQLite cannot be stopped while it waits, so a longer wait
 * consists of many such waits. An abort, or the end of the pool, stops it between two of them.
 */
export const busySlice = 200

/** How long the connections of one pool wait for locks. Its memory is shared by all threads of the pool. */
export class Patience {
  readonly memory: SharedArrayBuffer
  readonly #cells: Int32Array

  constructor(memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#cells = new Int32Array(memory)
  }

  get milliseconds(): number {
    return Atomics.load(this.#cells, 0)
  }

  set milliseconds(milliseconds: number) {
    Atomics.store(this.#cells, 0, milliseconds)
  }
}

/** Whether an error is SQLite's report that another program keeps the database locked. */
export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && /^SQLITE_BUSY(_RECOVERY)?$/.test(error.code)
}
