import type { CompiledQuery } from 'kysely'
import { Place } from './protocol.ts'
import { mayBeRead } from './query-kind.ts'

/** How many statements are remembered as writes although they begin as reads do. */
const rememberedWrites = 1_000

/** Where statements belong, as far as can be told without asking SQLite, and what SQLite has said of some. */
export class Placement {
  readonly #writes = new Set<string>()

  placeOf(query: CompiledQuery): Place {
    return mayBeRead(query) && !this.#writes.has(query.sql) ? Place.reader : Place.writer
  }

  /** SQLite says that it may write. */
  rememberWrite(sql: string): void {
    if (this.#writes.size >= rememberedWrites) this.#writes.clear()
    this.#writes.add(sql)
  }
}
