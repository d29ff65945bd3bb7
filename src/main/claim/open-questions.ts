/**
 * The questions that wait for the user while a data directory is opened. An owner that asks has no window for a
 * launch yet, and may never have one. So it publishes that it asks.
 */
export class OpenQuestions {
  readonly #onKnock: () => void
  #open = 0
  #changed: ((areOpen: boolean) => void) | undefined

  /** @param onKnock is called when somebody wants to see an open question. Default: nothing happens. */
  constructor(onKnock: () => void = () => undefined) {
    this.#onKnock = onKnock
  }

  /** Somebody has started the app again, and sees no window of it. */
  knock(): void {
    if (this.#open > 0) this.#onKnock()
  }

  /** @param changed is called when the first question is asked, and when the last one is answered. */
  follow(changed: (areOpen: boolean) => void): void {
    this.#changed = changed
  }

  /**
   * Asks something that waits for the user.
   *
   * @returns the answer.
   * @throws what `ask` throws.
   */
  async whileOpen<Answer>(ask: () => Answer | Promise<Answer>): Promise<Answer> {
    if (++this.#open === 1) this.#changed?.(true)
    try {
      return await ask()
    } finally {
      if (--this.#open === 0) this.#changed?.(false)
    }
  }
}
