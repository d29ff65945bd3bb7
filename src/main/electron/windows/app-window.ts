/** The window that the app opens in `onOwned`: once, however often the directory is claimed. */
export class AppWindow {
  readonly #onOwned: (() => void) | undefined
  #isOpen = false
  /** Whether the app's callback threw. Nothing is tried again then, because no window would appear. */
  hasFailed = false

  constructor(onOwned: (() => void) | undefined) {
    this.#onOwned = onOwned
  }

  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    try {
      this.#onOwned?.()
    } catch (error) {
      this.hasFailed = true
      throw error
    }
  }
}
