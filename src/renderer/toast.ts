import { button, byId } from './elements.ts'

const DURATION_MS = 8_000

export interface ToastAction {
  readonly label: string
  readonly run: () => void
}

/** A short message at the bottom of the window, with at most one action. */
export class Toast {
  readonly #toast = byId('toast', HTMLElement)
  readonly #text = byId('toast-text', HTMLElement)
  readonly #button = button('toast-action', () => this.act())
  #action: ToastAction | undefined
  #timer = 0

  constructor() {
    // A message stays while it is under the pointer, or its button has the focus.
    for (const type of ['mouseenter', 'focusin']) {
      this.#toast.addEventListener(type, () => window.clearTimeout(this.#timer))
    }
    for (const type of ['mouseleave', 'focusout']) this.#toast.addEventListener(type, () => this.#hideLater())
  }

  /** Shows a message instead of the previous one. */
  show(text: string, action?: ToastAction): void {
    this.#action = action
    this.#text.textContent = text
    this.#button.textContent = action?.label ?? ''
    this.#button.hidden = action === undefined
    this.#toast.hidden = false
    this.#hideLater()
  }

  /** The action of the message that is visible now. */
  get action(): ToastAction | undefined {
    return this.#action
  }

  /** Runs the action of the message. False if there is none. */
  act(): boolean {
    const action = this.#action
    if (!action) return false
    this.#hide()
    action.run()
    return true
  }

  #hideLater(): void {
    window.clearTimeout(this.#timer)
    this.#timer = window.setTimeout(() => this.#hide(), DURATION_MS)
  }

  #hide(): void {
    window.clearTimeout(this.#timer)
    this.#action = undefined
    this.#toast.hidden = true
  }
}
