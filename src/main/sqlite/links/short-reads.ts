import type { Database } from 'better-sqlite3'
import { attempt } from '../../../shared/attempt.ts'
import { statementKind } from '../wire/leading-keyword.ts'
import type { Parameters } from '../wire/protocol.ts'

/** A database of this size, in bytes, is read from start to end in a few milliseconds. */
const largestDatabase = 2 ** 22

// These make values of any size.
const makesLargeValues = /\b(?:randomblob|zeroblob|printf|format|replace|hex)\s*\(/i

interface PlanStep {
  readonly detail: string
}

/**
 * Finds the reads that certainly take SQLite only a few milliseconds, because the main thread waits for them: those of a
 * small database that go through at most one table or index once. Lookups by row ID may come in addition.
 */
export class ShortReads {
  readonly #connection: Database
  readonly #known = new Map<string, boolean>()
  readonly #largestCount: number

  constructor(connection: Database) {
    this.#connection = connection
    this.#largestCount = largestDatabase / (connection.pragma('page_size', { simple: true }) as number)
  }

  /** The writer may have made it larger. */
  get #isSmall(): boolean {
    const pages = attempt(() => this.#connection.pragma('page_count', { simple: true }) as number)
    // If it cannot be read, a thread reports the reason.
    return pages !== undefined && pages <= this.#largestCount
  }

  has(sql: string, parameters: Parameters): boolean {
    if (!this.#isSmall) return false
    let isShort = this.#known.get(sql)
    if (isShort === undefined) {
      isShort =
        statementKind(sql) === 'rows' && !makesLargeValues.test(sql) && this.#hasShortPlan(sql, parameters)
      this.#known.set(sql, isShort)
    }
    return isShort
  }

  /** A statement with an error is not short: a thread reports the error. sqlite.org/eqp.html describes the plans. */
  #hasShortPlan(sql: string, parameters: Parameters): boolean {
    const steps = attempt(
      () => this.#connection.prepare(`explain query plan ${sql}`).all(parameters) as PlanStep[],
    )
    if (!steps || steps.some(({ detail }) => detail.includes('RECURSIVE'))) return false
    const loops = steps.filter(({ detail }) => /^(?:SCAN|SEARCH) /.test(detail) && !isLookup(detail))
    return loops.length <= 1
  }
}

function isLookup(detail: string): boolean {
  return detail.endsWith('USING INTEGER PRIMARY KEY (rowid=?)')
}
