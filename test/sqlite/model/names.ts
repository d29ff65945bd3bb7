/** A small set of names, so that steps often use what an earlier step created, changed or dropped. */
export const tables = ['t0', 't1', 't2'] as const
export const columns = ['a', 'b', 'c', 'd', 'e'] as const
export type Table = (typeof tables)[number]
export type Column = (typeof columns)[number]
/** A table, or the one view. */
export type Source = Table | 'v0'

/**
 * The names of one list of steps: `a` is `a_17` in list 17. A pool that has played many lists has never seen the
 * columns of the next list. It therefore finds errors as easily as a new pool does, and lists do not depend on each
 * other.
 */
export class Names {
  readonly #suffix: string

  constructor(list: number) {
    this.#suffix = `_${list}`
  }

  of(name: string): string {
    return `${name}${this.#suffix}`
  }

  /** The name as it is written in SQL text. */
  quoted(name: string): string {
    return `"${this.of(name)}"`
  }
}
