// Rows that a migration writes as text, and not as values, are part of its statements.
const charactersAtMost = 4_000_000

/** Keeps the texts of the statements that run, each once. */
export class StatementTexts {
  readonly #texts = new Set<string>()
  #characters = 0

  /** To be called for each statement. */
  readonly add = (sql: string): void => {
    if (this.#characters > charactersAtMost || this.#texts.has(sql)) return
    this.#texts.add(sql)
    this.#characters += sql.length
  }

  clear(): void {
    this.#texts.clear()
    this.#characters = 0
  }

  /** @returns undefined if the texts were too long to keep all of them. */
  all(): string[] | undefined {
    return this.#characters > charactersAtMost ? undefined : [...this.#texts]
  }
}
