import { layOut } from './cells.ts'
import { AnswerType, type Cell, type RowsAnswer } from './protocol.ts'
import type { CachedStatement } from './statement-cache.ts'

/** Answers with rows, of one connection: the names of the columns travel with the first answer that has them. */
export class RowsAnswers {
  readonly #announced = new Set<number>()

  /** @param took in milliseconds. */
  answer(
    id: number,
    took: number,
    { shape, names }: CachedStatement,
    rows: readonly (readonly Cell[])[],
    isLast: boolean,
  ): RowsAnswer {
    const announce = this.#announced.has(shape) ? undefined : names
    this.#announced.add(shape)
    return [AnswerType.rows, id, took, shape, announce, rows.length, layOut(rows, names.length), isLast]
  }
}
