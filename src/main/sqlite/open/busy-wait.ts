import type { Database } from 'better-sqlite3'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'

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

/** Waits for the locks of other programs, on one connection. */
export class BusyWait {
  readonly #connection: Database
  readonly #patience: Patience

  constructor(connection: Database, patience: Patience) {
    this.#connection = connection
    this.#patience = patience
  }

  /**
   * Runs work again as long as another program keeps the database locked, up to the patience of the pool.
   *
   * @param work a step that changes nothing if SQLite refuses it with `SQLITE_BUSY`: `begin`, `commit`, or a
   * single statement.
   * @param isAborted whether the result is no longer needed.
   */
  run<Result>(work: () => Result, isAborted: () => boolean): Result {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) || !this.#isUsual()) throw error
      return this.#again(work, isAborted, error)
    }
  }

  #again<Result>(work: () => Result, isAborted: () => boolean, firstError: unknown): Result {
    let waited = busySlice
    let lastError = firstError
    while (waited < this.#patience.milliseconds && !isAborted()) {
      const started = performance.now()
      try {
        return work()
      } catch (error) {
        lastError = error
        const took = performance.now() - started
        // SQLite does not wait if waiting cannot help.
        if (!isBusy(error) || took < busySlice / 2) throw error
        waited += took
      }
    }
    throw lastError
  }

  /** If an app has set another `busy_timeout` on a connection of its own, that one applies. */
  #isUsual(): boolean {
    return this.#connection.pragma('busy_timeout', { simple: true }) === busySlice
  }
}

/** Whether an error is SQLite's report that another program keeps the database locked. */
export function isBusy(error: unknown): boolean {
  return error instanceof betterSqlite3().SqliteError && /^SQLITE_BUSY(_RECOVERY)?$/.test(error.code)
}
